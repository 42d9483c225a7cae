extension TreeScript {
    /// What elements are called.
    static let names = #"""
        const selfNamed = new Set(`button cell checkbox columnheader DisclosureTriangle DisclosureTriangleGrouped gridcell
            heading link LayoutTableCell math menuitem menuitemcheckbox menuitemradio
            option radio rowheader switch tab term tooltip treeitem`.split(/\s+/));
        const valueOfInput = getter(HTMLInputElement, 'value'), valueOfArea = getter(HTMLTextAreaElement, 'value');
        const optionsOf = getter(HTMLSelectElement, 'selectedOptions');
        const labelOfOption = getter(HTMLOptionElement, 'label');
        const labelsOf = {
            input: getter(HTMLInputElement, 'labels'), select: getter(HTMLSelectElement, 'labels'),
            textarea: getter(HTMLTextAreaElement, 'labels'), button: getter(HTMLButtonElement, 'labels'),
            meter: getter(HTMLMeterElement, 'labels'), output: getter(HTMLOutputElement, 'labels'),
            progress: getter(HTMLProgressElement, 'labels'),
        };
        const byIDs = (element, attribute) => {
            const ids = attributeOf(element, attribute);
            if (!ids) return [];
            return ids.split(/\s+/).filter(id => id).map(id => byID(element, id)).filter(e => e);
        };
        const labelledBy = element => {
            const names = byIDs(element, 'aria-labelledby');
            return flat(names.map(name => textOf(name, new Set(), true, element)).join(' '));
        };
        const isSeenName = element => visibility(element, false) !== UNSEEN && !isHiddenFromReaders(element);
        const isBlock = element => !/^(inline|contents|ruby)/.test(textStyle(element).display);
        let naming = 0;
        /// The text that an element adds to another's name. `isLabel` is whether it was named for that, seen or not;
        /// `asker` is the one whose name is made.
        const textOf = (node, visited, isLabel, asker, isWithin) => {
            if (kindOf(node) === 3) return written(dataOf(node), parentElement(node));
            // A name of thousands of elements, or nested so deep, is none.
            if (kindOf(node) !== 1 || visited.has(node) || visited.size > 5000 || naming > 500) return '';
            visited.add(node);
            naming += 1;
            const text = textIn(node, visited, isLabel, asker, isWithin);
            naming -= 1;
            return text;
        };
        const textIn = (node, visited, isLabel, asker, isWithin) => {
            if (kindOf(node) === 1) {
                const isHidden = !isSeenName(node);
                if (isHidden && !isLabel) return '';
                const value = node !== asker ? embedded(node) : null;
                if (value !== null) return value;
                const label = flat(attributeOf(node, 'aria-label') || '');
                if (label) return isWithin ? ` ${label} ` : label;
                const native = nativeText(node);
                if (native !== null) return native;
            }
            let text = kindOf(node) === 1 ? generated(node, '::before') : '';
            for (const child of childrenOf(node)) {
                const isElement = kindOf(child) === 1;
                if (isElement && isWithin && child === asker) continue;
                const part = textOf(child, visited, isLabel && isElement && !isSeenName(node) , asker, true);
                text += isElement && (tagOf(child) === 'br' || isBlock(child)) ? ` ${part} ` : part;
            }
            if (kindOf(node) === 1) {
                text += generated(node, '::after');
            }
            return text;
        };
        const parentElement = node => {
            const parent = parentOf(node);
            return parent && kindOf(parent) === 1 ? parent : parent ? getHost(parent) : null;
        };
        /// The value of a field within what names another; null for what is no field.
        const embedded = element => {
            const role = roleOf(element);
            switch (role) {
            case 'textbox': case 'searchbox': case 'combobox': case 'spinbutton': case 'slider': case 'listbox':
            case 'Date': case 'DateTime': case 'InputTime': case 'scrollbar': case 'progressbar': case 'meter': {
                const value = valueOf(element, role);
                return value === null ? '' : String(value);
            }
            case 'checkbox': case 'radio': case 'switch': return isInput(element) ? '' : null;
            }
            return null;
        };
        /// The text of what has no content to read; null for all others.
        const nativeText = element => {
            const tag = tagOf(element);
            if (spaceOf(element) === SVG) return tag === 'svg' || tag === 'g' ? nameFromSVG(element) || null : null;
            if (!isHTML(element)) return null;
            switch (tag) {
            case 'img': case 'area': return attributeOf(element, 'alt') ?? attributeOf(element, 'title') ?? '';
            case 'input': {
                const type = typeOf(element);
                if (type === 'hidden') return '';
                if (type === 'image') {
                    const texts = ['alt', 'value', 'title'].map(name => attributeOf(element, name));
                    return texts.find(text => text) || 'Submit';
                }
                if (/^(submit|reset|button)$/.test(type)) {
                    if (hasAttribute(element, 'value')) return attributeOf(element, 'value');
                    return type === 'submit' ? 'Submit' : type === 'reset' ? 'Reset' : '';
                }
                return '';
            }
            case 'textarea': case 'select': case 'iframe': case 'object': case 'embed': case 'video': case 'audio':
            case 'canvas': case 'script': case 'style': case 'noscript': case 'template': return '';
            }
            return null;
        };
        const nameFromSVG = element => {
            for (let child = firstOf(element); child; child = nextOf(child)) {
                if (kindOf(child) === 1 && tagOf(child) === 'title') return flat(textOf(child, new Set(), true, child));
            }
            return '';
        };
        const captionOf = (element, tag) => {
            const caption = nodesIn(element).find(c => kindOf(c) === 1 && tagOf(c) === tag);
            return caption && isSeenName(caption) ? flat(textOf(caption, new Set(), false, element)) : '';
        };
        const isText = type => !inputs[type] || type === 'search' || type === 'number';
        /// What an element is called, and whether that is its tooltip.
        const nameOf = (element, role) => {
            const labelled = labelledBy(element);
            if (labelled) return labelled;
            const label = flat(attributeOf(element, 'aria-label') || '');
            if (label) return label;
            const native = nativeName(element, role);
            if (native) return native;
            if (selfNamed.has(role) || role === 'row' && isInGrid(element)) {
                const text = flat(isInput(element) ? nativeText(element) || '' : contentOf(element));
                if (text) return text;
            }
            const title = flat(attributeOf(element, 'title') || '');
            if (title) return title;
            return flat(attributeOf(element, 'placeholder') && takesText(element) ? attributeOf(element, 'placeholder')
                : attributeOf(element, 'aria-placeholder') || '');
        };
        const contentOf = element => {
            let text = generated(element, '::before');
            const visited = new Set([element]);
            for (const child of childrenOf(element)) {
                const isElement = kindOf(child) === 1;
                const part = textOf(child, visited, false, element, true);
                text += isElement && (tagOf(child) === 'br' || part && isBlock(child)) ? ` ${part} ` : part;
            }
            for (const owned of hasAttribute(element, 'aria-owns') ? ownedBy(element) : []) {
                text += ' ' + textOf(owned, visited, false, element, true);
            }
            return text + generated(element, '::after');
        };
        const isInGrid = element => {
            for (let e = aroundOf(element); e; e = aroundOf(e)) {
                const role = roleOf(e);
                if (role === 'grid' || role === 'treegrid') return true;
                if (role === 'table') return false;
            }
            return false;
        };
        const takesText = element => isHTML(element)
            && (tagOf(element) === 'textarea' || tagOf(element) === 'input' && isText(typeOf(element)));
        const nativeName = (element, role) => {
            if (!isHTML(element)) return spaceOf(element) === SVG ? nameFromSVG(element) : '';
            const tag = tagOf(element);
            if (labelsOf[tag] && !(tag === 'input' && typeOf(element) === 'hidden')) {
                const labels = labelsOf[tag](element);
                const text = flat([...labels || []].map(l =>
                    isSeenName(l) ? flat(textOf(l, new Set([element]), false, element, true)) : '').join(' '));
                if (text) return text;
            }
            switch (tag) {
            case 'img': case 'area': return flat(attributeOf(element, 'alt') || '');
            case 'input': {
                const type = typeOf(element);
                return /^(image|submit|reset|button)$/.test(type) ? flat(nativeText(element)) : '';
            }
            case 'table': return captionOf(element, 'caption');
            case 'fieldset': return captionOf(element, 'legend');
            case 'option': return flat(labelOfOption(element));
            case 'optgroup': return flat(attributeOf(element, 'label') || '');
            }
            return '';
        };
        const descriptionOf = (element, role, name) => {
            const described = flat(byIDs(element, 'aria-describedby')
                .map(e => textOf(e, new Set([element]), true, element)).join(' '));
            if (described) return described;
            const own = flat(attributeOf(element, 'aria-description') || '');
            if (own) return own;
            if (role === 'Ruby') {
                return flat([...query(element, 'rt')].map(text => textOf(text, new Set(), false, text)).join(' '));
            }
            const title = flat(attributeOf(element, 'title') || '');
            return title !== name ? title : '';
        };
        """#
}
