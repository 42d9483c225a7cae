extension TreeScript {
    /// The entries, from the beginning to the end.
    static let walk = #"""
        const entries = [], nodes = [], shadows = [];
        let isFull = false;
        const visited = new Set();
        const add = (node, depth, role, name, value, description, states) => {
            if (entries.length >= limit) { isFull = true; return; }
            const entry = [depth, role, name.toWellFormed()];
            const hasStates = states && Object.keys(states).length > 0;
            if (value != null || description || hasStates) {
                entry.push(value?.toWellFormed() ?? null, description?.toWellFormed() || null);
                if (hasStates) entry.push(states);
            }
            entries.push(entry);
            nodes.push(node);
        };
        const addText = (node, text, depth) => {
            const name = flat(text);
            if (name) add(node, depth, 'StaticText', name);
        };
        let nesting = 0;
        const walkChildren = (node, depth, around) => {
            // A script may have nested them deeper than the stack is.
            if (nesting > 1000) return;
            nesting += 1;
            walkEach(node, depth, around);
            nesting -= 1;
        };
        const walkEach = (node, depth, around) => {
            for (const child of childrenOf(node)) {
                if (isFull) return;
                walk(child, depth, around);
            }
            if (kindOf(node) === 1 && hasAttribute(node, 'aria-owns')) {
                for (const owned of ownedBy(node)) walk(owned, depth, around, true);
            }
        };
        const walk = (node, depth, around, isOwned) => {
            const kind = kindOf(node);
            if (kind === 3) {
                if (around.isUnseen || around.isToldAlready) return;
                const data = dataOf(node);
                if (!/\S/.test(data)) return;
                const parent = parentElement(node);
                if (parent && !textStyle(parent).isSeen) return;
                return addText(node, written(data, parent), depth);
            }
            if (kind !== 1 || isFull || visited.has(node)) return;
            if (!isOwned && owners.has(node)) return;
            visited.add(node);
            if (modal && around.isOutside && node === modal) around = { ...around, isOutside: false };
            const seen = visibility(node, around.isFallback);
            if (seen === UNSEEN || isHiddenFromReaders(node) || isInert(node)) return;
            if (seen === INNER || around.isOutside) {
                return walkChildren(node, depth, around.isUnseen ? around : { ...around, isUnseen: true });
            }
            if (around.isUnseen && seen === SEEN) around = { ...around, isUnseen: false };
            const role = roleOf(node), tag = tagOf(node);
            const isOwn = isHTML(node);
            if (isOwn && (tag === 'rt' || tag === 'rp')) return;
            let inner = around;
            if (tag === 'label' && isOwn && isOnlyName(node)) {
                return walkChildren(node, depth, { ...around, isToldAlready: true });
            }
            if (attributeOf(node, 'aria-disabled') === 'true') inner = { ...inner, isDisabled: true };
            if (isOwn && mayHideTree(node, tag) && shadows.length < 500) shadows.push(node);
            if (role === 'none' || role === 'generic') {
                // What is passed over is still what shows a document.
                if (isOwn && /^(iframe|frame|object|embed)$/.test(tag)) add(node, depth, 'none', '');
                return tag === 'iframe' && isOwn ? undefined : walkGenerated(node, depth, inner);
            }
            const name = nameOf(node, role);
            const description = descriptionOf(node, role, name);
            add(node, depth, role, name, valueOf(node, role), description, statesOf(node, role, around));
            if (role === 'list') inner = { ...inner, lists: around.lists + 1 };
            if (role === 'group') inner = { ...inner, groups: around.groups + 1 };
            if (role === 'tree') inner = { ...inner, groups: 0 };
            if (isOwn) {
                switch (tag) {
                case 'audio': case 'embed': case 'frame': case 'iframe': case 'input': case 'meter': case 'progress':
                case 'textarea': case 'video': return;
                case 'select': return walkSelect(node, depth + 1, role, inner);
                case 'option': return;
                case 'canvas': inner = { ...inner, isFallback: true }; break;
                case 'img': return walkAreas(node, depth + 1, inner);
                }
            }
            const count = entries.length;
            walkGenerated(node, depth + 1, inner);
            if (entries.length > count || isFull) return;
            // Nothing is in it: a picture, or a paragraph that nobody sees.
            if (role === 'SvgRoot') entries[count - 1][1] = 'image';
            if (role === 'paragraph' && !name) { entries.pop(); nodes.pop(); }
        };
        const hosts = /^(article|aside|blockquote|div|footer|h[1-6]|header|main|nav|p|section|span)$/;
        /// Whether an element may have a shadow tree that no script is shown.
        const mayHideTree = (element, tag) => !shadowOf(element) && !closedRoots.has(element)
            && (tag.includes('-') || !firstOf(element) && hosts.test(tag));
        const walkGenerated = (node, depth, around) => {
            if (!around.isUnseen) addText(node, generated(node, '::before'), depth);
            walkChildren(node, depth, around);
            if (!around.isUnseen) addText(node, generated(node, '::after'), depth);
        };
        const controlOf = getter(HTMLLabelElement, 'control');
        /// Whether a label says nothing but what a box to check is called.
        const isOnlyName = label => {
            const control = controlOf(label);
            return !!control && isInput(control) && /^(checkbox|radio)$/.test(typeOf(control));

        };
        const walkSelect = (select, depth, role, around) => {
            if (role === 'combobox') {
                add(select, depth, 'MenuListPopup', '');
                depth += 1;
            }
            const isDisabled = around.isDisabled || matches(select, ':disabled');
            const walkOptions = (parent, depth) => {
                for (const node of nodesIn(parent)) {
                    if (kindOf(node) !== 1) continue;
                    const tag = tagOf(node);
                    if (tag === 'hr') { add(node, depth, 'separator', ''); continue; }
                    if (tag !== 'option' && tag !== 'optgroup') { walkOptions(node, depth); continue; }
                    if (hasAttribute(node, 'hidden') || styleOf(node).display === 'none') continue;
                    const role = tag === 'option' ? 'option' : 'group';
                    const name = nameOf(node, role);
                    add(node, depth, role, name, null, descriptionOf(node, role, name),
                        statesOf(node, role, isDisabled ? { ...around, isDisabled } : around));
                    if (tag === 'optgroup') walkOptions(node, depth + 1);
                }
            };
            walkOptions(select, depth);
        };
        const widthOf = getter(HTMLImageElement, 'naturalWidth');
        const walkAreas = (image, depth, around) => {
            const map = (attributeOf(image, 'usemap') || '').replace(/^#/, '');
            if (!map || widthOf(image) === 0) return;
            for (const area of query(page, `map[name=${CSS.escape(map)}] area[href]`)) {
                const name = nameOf(area, 'link');
                add(area, depth, 'link', name, null, descriptionOf(area, 'link', name), statesOf(area, 'link', around));
            }
        };

        const around = {
            lists: 0, groups: 0, isDisabled: false, isUnseen: false, isToldAlready: false, isFallback: false,
            isOutside: !!modal,
        };
        if (this === globalThis) {
            add(page, 0, 'RootWebArea', flat(titleOf(page)));
            if (topOf(page)) walk(topOf(page), 1, around);
        } else {
            // Only what is around it can tell whether it is there at all.
            let isThere = true;
            for (let e = this; e; e = aroundOf(e)) {
                if (e === modal) around.isOutside = false;
                if (isHiddenFromReaders(e) || isInert(e)) isThere = false;
                if (attributeOf(e, 'aria-disabled') === 'true' && e !== this) around.isDisabled = true;
                if (e !== this && roleOf(e) === 'list') around.lists += 1;
                if (e !== this && isHTML(e) && tagOf(e) === 'canvas') around.isFallback = true;
            }
            if (isThere) walk(this, 0, around, true);
        }
        return [JSON.stringify([shadows.length, ...entries]), nodes, shadows];
        """#
}
