extension TreeScript {
    /// What stands in elements, and what state they are in.
    static let states = #"""
        const numberOf = text => text !== null && text !== '' && isFinite(text) ? Number(text) : null;
        const valueOfMeter = getter(HTMLMeterElement, 'value'), valueOfProgress = getter(HTMLProgressElement, 'value');
        const filesOf = getter(HTMLInputElement, 'files');
        /// What stands in an element, as text; null for none.
        const valueOf = (element, role) => {
            if (isHTML(element)) {
                switch (tagOf(element)) {
                case 'input': {
                    const type = typeOf(element), value = valueOfInput(element);
                    switch (type) {
                    case 'password': return value ? '\u2022'.repeat(value.length) : null;
                    case 'number': case 'range': return numberOf(value) === null ? null : String(numberOf(value));
                    case 'file': return [...filesOf(element)].map(f => f.name).join(', ') || 'No file chosen';
                    case 'button': case 'checkbox': case 'image': case 'radio': case 'reset': case 'submit':
                        return null;
                    }
                    return value || null;
                }
                case 'textarea': return valueOfArea(element) || null;
                case 'select':
                    if (role !== 'combobox') return null;
                    return [...optionsOf(element)].map(option => flat(labelOfOption(option))).join(', ') || null;
                case 'meter': return String(valueOfMeter(element));
                case 'progress': return hasAttribute(element, 'value') ? String(valueOfProgress(element)) : null;
                }
            }
            switch (role) {
            case 'meter': case 'progressbar': case 'scrollbar': case 'separator': case 'slider': case 'spinbutton': {
                const text = attributeOf(element, 'aria-valuetext') || attributeOf(element, 'aria-valuenow');
                return numberOf(text) === null ? text || null : String(numberOf(text));
            }
            case 'combobox': case 'searchbox': case 'textbox':
                return isEditable(element) || role !== 'combobox' ? flat(contentOf(element)) || null : null;
            }
            return isEditable(element) ? flat(contentOf(element)) || null : null;
        };
        const isEditable = element => matches(element, '[contenteditable]:not([contenteditable=false])');
        const checkedOf = getter(HTMLInputElement, 'checked'), mixedOf = getter(HTMLInputElement, 'indeterminate');
        const chosenOf = getter(HTMLOptionElement, 'selected');
        const three = text => text === 'true' || text === 'mixed' ? text : null;
        const statesOf = (element, role, around) => {
            const states = {};
            const level = levelOf(element, role, around);
            if (level) states.level = level;
            if (/^(checkbox|radio|switch|menuitemcheckbox|menuitemradio|option|treeitem)$/.test(role)) {
                let checked = three(attributeOf(element, 'aria-checked'));
                if (isInput(element) && /^(checkbox|radio)$/.test(typeOf(element))) {
                    checked = checkedOf(element) ? 'true' : null;
                    if (typeOf(element) === 'checkbox' && mixedOf(element)) checked = 'mixed';
                }
                if (checked) states.checked = checked;
            }
            const pressed = role === 'button' ? three(attributeOf(element, 'aria-pressed')) : null;
            if (pressed) states.pressed = pressed;
            if (isExpanded(element, role)) states.expanded = true;
            const isOption = tagOf(element) === 'option' && isHTML(element);
            if (isOption ? chosenOf(element)
                : /^(gridcell|columnheader|rowheader|option|row|tab|treeitem)$/.test(role)
                    && attributeOf(element, 'aria-selected') === 'true') states.selected = true;
            if (around.isDisabled && (isOption || isFocusable(element))
                || matches(element, '[aria-disabled=true],:disabled:not(fieldset)')) states.disabled = true;
            if (isOption && states.disabled) delete states.selected;
            const isField = takesText(element);
            if (matches(element, ':required,[aria-required=true]')) states.required = true;
            const readonly = isField ? '[readonly]' : '[aria-readonly=true]';
            if (!states.disabled && matches(element, readonly)) states.readonly = true;
            if (focused.has(element) && element !== bodyOf(page) && element !== topOf(page)
                && !shadowOf(element) && role !== 'Iframe') states.focused = true;
            return states;
        };
        const levelOf = (element, role, around) => {
            const given = parseInt(attributeOf(element, 'aria-level'), 10);
            if (role === 'heading') {
                if (given > 0) return given;
                const tag = tagOf(element);
                return isHTML(element) && /^h[1-6]$/.test(tag) ? Number(tag[1]) : 2;
            }
            if (!/^(listitem|treeitem|row|comment)$/.test(role)) return 0;
            if (given > 0) return given;
            if (role === 'listitem') return Math.max(1, around.lists);
            return role === 'treeitem' ? Math.max(1, around.groups + 1) : role === 'comment' ? 1 : 0;
        };
        const isExpanded = (element, role) => {
            if (role.startsWith('DisclosureTriangle')) return hasAttribute(parentOf(element), 'open');
            const target = isHTML(element) && tagOf(element) === 'button' && attributeOf(element, 'popovertarget');
            if (target) {
                const popover = byID(element, target);
                return !!popover && hasAttribute(popover, 'popover') && matches(popover, ':popover-open');
            }
            return attributeOf(element, 'aria-expanded') === 'true';
        };
        """#
}
