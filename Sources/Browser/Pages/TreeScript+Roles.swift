extension TreeScript {
    /// What style sheets write before and after elements.
    static let generated = #"""
        const generators = new Map();
        /// The elements of a tree that may have something before or after them by style; true for any.
        const generatorsOf = root => {
            let found = generators.get(root);
            if (found !== undefined) return found;
            found = findGenerators(root);
            generators.set(root, found);
            return found;
        };
        const findGenerators = root => {
            const selectors = [];
            const read = rules => {
                for (const rule of rules) {
                    if (rule.selectorText !== undefined && /:(before|after)/.test(rule.selectorText)) {
                        const content = rule.style.content;
                        if (content === 'none' || content === 'normal' || content === '""') continue;
                        // What is nested in others, or about a host, is not looked up by itself.
                        if (/[&]|:host|::(part|slotted)/.test(rule.selectorText)) return false;
                        for (const part of rule.selectorText.split(',')) {
                            const element = part.replace(/::?(before|after)/g, '');
                            if (element !== part) selectors.push(element.trim() || '*');
                        }
                    }
                    if (rule.cssRules && !read(rule.cssRules)) return false;
                    if (rule.styleSheet && !read(rule.styleSheet.cssRules)) return false;
                }
                return selectors.length <= 60;
            };
            const type = kindOf(root) === 9 ? Document : ShadowRoot;
            if (kindOf(root) !== 9 && !(root instanceof ShadowRoot)) return new Set();
            try {
                for (const sheet of getter(type, 'styleSheets')(root)) if (!read(sheet.cssRules)) return true;
                for (const sheet of getter(type, 'adoptedStyleSheets')(root)) if (!read(sheet.cssRules)) return true;
                return new Set(selectors.length ? query(root, selectors.join(',')) : []);
            } catch {
                // Sheets of other sites cannot be read.
                return true;
            }
        };
        const generated = (element, pseudo) => {
            if (tagOf(element) === 'q' && isHTML(element)) return quote(element, pseudo);
            const found = generatorsOf(rootOf(element));
            if (found !== true && !found.has(element)) return '';
            const style = styleOf(element, pseudo);
            const content = style.content;
            if (content === 'none' || content === 'normal') return '';
            if (style.display === 'none' || style.visibility !== 'visible') return '';
            const parts = content.match(/"(?:[^"\\]|\\.)*"/g) || [];
            return parts.map(part => part.slice(1, -1).replace(/\\([0-9a-f]{1,6} ?|.)/gi, (_, code) =>
                /^[0-9a-f]/i.test(code) ? String.fromCodePoint(parseInt(code, 16)) : code)).join('');
        };
        const quote = (element, pseudo) => {
            const content = styleOf(element, pseudo).content;
            if (content === 'open-quote') return '\u201c';
            return content === 'close-quote' ? '\u201d' : '';
        };
        """#

    /// What elements are.
    static let roles = #"""
        const known = new Set(`alert alertdialog application article banner blockquote button caption cell checkbox code
            columnheader combobox comment complementary contentinfo definition deletion dialog
            directory document emphasis feed figure form generic grid gridcell group heading image img
            insertion link list listbox listitem log main mark marquee math menu menubar menuitem
            menuitemcheckbox menuitemradio meter navigation none note option paragraph presentation
            progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox
            sectionfooter sectionheader separator slider spinbutton status strong subscript suggestion
            superscript switch tab table tablist tabpanel term textbox time timer toolbar tooltip tree
            treegrid treeitem`.split(/\s+/));
        const plain = {
            abbr: 'Abbr', acronym: 'Abbr', address: 'group', article: 'article', audio: 'Audio', blockquote:
            'blockquote', button: 'button', canvas: 'Canvas', caption: 'caption', code: 'code', dd:
            'definition', del: 'deletion', details: 'group', dfn: 'term', dialog: 'dialog', dir: 'list', dl:
            'DescriptionList', dt: 'term', em: 'emphasis', embed: 'EmbeddedObject', fieldset: 'group',
            figcaption: 'Figcaption', figure: 'figure', form: 'form', frame: 'Iframe', h1: 'heading', h2:
            'heading', h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading', hgroup: 'group', hr:
            'separator', iframe: 'Iframe', ins: 'insertion', label: 'LabelText', legend: 'Legend', li:
            'listitem', main: 'main', mark: 'mark', menu: 'list', meter: 'meter', nav: 'navigation', object:
            'PluginObject', ol: 'list', optgroup: 'group', option: 'option', output: 'status', p: 'paragraph',
            progress: 'progressbar', ruby: 'Ruby', s: 'deletion', search: 'search', strong: 'strong', sub:
            'subscript', sup: 'superscript', textarea: 'textbox', tfoot: 'rowgroup', thead: 'rowgroup', time:
            'time', ul: 'list', video: 'Video',
        };
        const inputs = {
            button: 'button', checkbox: 'checkbox', color: 'ColorWell', date: 'Date', 'datetime-local':
            'DateTime', file: 'button', image: 'button', month: 'DateTime', number: 'spinbutton', radio:
            'radio', range: 'slider', reset: 'button', search: 'searchbox', submit: 'button', time:
            'InputTime', week: 'DateTime',
        };
        const typeOf = getter(HTMLInputElement, 'type');
        const isInput = element => tagOf(element) === 'input' && isHTML(element);
        const sectioning = new Set(['article', 'aside', 'nav', 'section']);
        const isInSection = (element, alsoMain) => {
            for (let e = aroundOf(element); e; e = aroundOf(e)) {
                if (isHTML(e) && (sectioning.has(tagOf(e)) || alsoMain && tagOf(e) === 'main')) return true;
                const role = attributeOf(e, 'role');
                if (role && /^(article|complementary|navigation|region)\b/.test(role)) return true;
                if (alsoMain && role === 'main') return true;
            }
            return false;
        };
        const global = `aria-atomic aria-busy aria-controls aria-current aria-describedby aria-description aria-details
            aria-dropeffect aria-flowto aria-grabbed aria-keyshortcuts aria-label aria-labelledby aria-live aria-owns
            aria-relevant aria-roledescription`.split(/\s+/).map(name => `[${name}]`).join(',');
        const focusable = `a[href],area[href],button:enabled,input:enabled,select:enabled,textarea:enabled,summary,
            [tabindex],[contenteditable]:not([contenteditable=false]),audio[controls],video[controls]`;
        const isFocusable = element => matches(element, focusable);
        const lacksParent = (element, role) => {
            const parents = {
                listitem: ['list', 'directory'], option: ['listbox', 'combobox', 'menu'], treeitem: ['tree'],
            }[role];
            if (!parents) return false;
            for (let e = owners.get(element) || aroundOf(element); e; e = owners.get(e) || aroundOf(e)) {
                const around = roleOf(e);
                if (parents.includes(around)) return false;
                if (around !== 'none' && around !== 'generic' && around !== 'group' && around !== role) return true;
            }
            return true;
        };
        const roles = new Map();
        /// Chromium's word for what an element is; `none` for what is passed over, `generic` for what only groups.
        const roleOf = element => {
            let role = roles.get(element);
            if (role === undefined) {
                // Who asks for it meanwhile asks in a circle.
                roles.set(element, 'none');
                role = findRole(element);
                roles.set(element, role);
            }
            return role;
        };
        const findRole = element => {
            const explicit = attributeOf(element, 'role');
            if (explicit) {
                for (const token of explicit.toLowerCase().split(/\s+/)) {
                    if (token.startsWith('doc-') || token.startsWith('graphics-')) return token;
                    if (!known.has(token)) continue;
                    if (token === 'none' || token === 'presentation') {
                        // What can be used, or says something of itself, is not nothing.
                        if (isFocusable(element) || matches(element, global)) break;
                        return 'none';
                    }
                    if (token === 'img') return 'image';
                    if (token === 'directory') return 'list';
                    if ((token === 'region' || token === 'form') && !explicitName(element)) break;
                    if (lacksParent(element, token)) return 'generic';
                    return token;
                }
            }
            return isHTML(element) ? roleOfHTML(element) : roleOfOther(element);
        };
        const explicitName = element => flat(attributeOf(element, 'aria-label') || '')
            || labelledBy(element) || attributeOf(element, 'title');
        const mathematical = {
            math: 'MathMLMath', mfrac: 'MathMLFraction', mi: 'MathMLIdentifier', mn: 'MathMLNumber', mo:
            'MathMLOperator', mroot: 'MathMLRoot', mrow: 'MathMLRow', msqrt: 'MathMLSquareRoot', msub:
            'MathMLSub', msubsup: 'MathMLSubSup', msup: 'MathMLSup', mtable: 'MathMLTable', mtd:
            'MathMLTableCell', mtr: 'MathMLTableRow', mtext: 'MathMLText', mover: 'MathMLOver', munder:
            'MathMLUnder', munderover: 'MathMLUnderOver',
        };
        const roleOfOther = element => {
            const tag = tagOf(element);
            if (spaceOf(element) === SVG) {
                if (tag === 'svg') return nameFromSVG(element) || explicitName(element) ? 'image' : 'SvgRoot';
                if (tag === 'a') return matches(element, ':any-link') ? 'link' : 'none';
                if (tag === 'image') return 'image';
                return explicitName(element) || nameFromSVG(element) ? tag === 'g' ? 'group' : 'image' : 'none';
            }
            return mathematical[tag] || 'none';
        };
        const roleOfHTML = element => {
            const tag = tagOf(element);
            switch (tag) {
            case 'a': return hasAttribute(element, 'href') ? 'link' : 'none';
            case 'area': return hasAttribute(element, 'href') ? 'link' : 'none';
            case 'aside': return isInSection(element) && !explicitName(element) ? 'generic' : 'complementary';
            case 'footer': return isInSection(element, true) ? 'sectionfooter' : 'contentinfo';
            case 'header': return isInSection(element, true) ? 'sectionheader' : 'banner';
            case 'section': return explicitName(element) ? 'region' : 'generic';
            case 'img':
                return attributeOf(element, 'alt') === '' && !explicitName(element) ? 'none' : 'image';
            case 'input': {
                const type = typeOf(element);
                if (inputs[type]) return inputs[type];
                return hasAttribute(element, 'list') ? 'combobox' : 'textbox';
            }
            case 'li': {
                const list = aroundOf(element);
                if (list && isHTML(list) && /^(ul|ol|menu|dir)$/.test(tagOf(list)) && hasAttribute(list, 'role')
                    && roleOf(list) !== 'list') return 'none';
                return 'listitem';
            }
            case 'select':
                return hasAttribute(element, 'multiple') || attributeOf(element, 'size') > 1 ? 'listbox' : 'combobox';
            case 'summary': {
                const details = parentOf(element);
                if (!details || kindOf(details) !== 1 || tagOf(details) !== 'details'
                    || nodesIn(details).find(isSummary) !== element) return 'generic';
                return hasAttribute(details, 'name') ? 'DisclosureTriangleGrouped' : 'DisclosureTriangle';
            }
            case 'table': return isDataTable(element) ? 'table' : 'LayoutTable';
            case 'tr': case 'td': case 'th': case 'tbody': case 'thead': case 'tfoot': return roleInTable(element, tag);
            }
            return plain[tag] || (/^(div|pre|body|html|center|custom)$/.test(tag) ? 'generic' : 'none');
        };
        const tableOf = element => {
            for (let e = aroundOf(element); e; e = aroundOf(e)) if (isHTML(e) && tagOf(e) === 'table') return e;
            return null;
        };
        const roleInTable = (element, tag) => {
            const table = tableOf(element);
            if (!table) return 'generic';
            const role = roleOf(table);
            const isLayout = role === 'LayoutTable';
            if (!isLayout && !/^(table|grid|treegrid)$/.test(role)) return tag === 'td' ? 'generic' : 'none';
            switch (tag) {
            case 'tbody': return 'none';
            case 'thead': case 'tfoot': return isLayout ? 'none' : 'rowgroup';
            case 'tr': return isLayout ? 'LayoutTableRow' : 'row';
            case 'td': return isLayout ? 'LayoutTableCell' : role === 'table' ? 'cell' : 'gridcell';
            }
            const scope = (attributeOf(element, 'scope') || '').toLowerCase();
            if (scope === 'row' || scope === 'rowgroup') return 'rowheader';
            if (scope === 'col' || scope === 'colgroup') return 'columnheader';
            if (matches(element, 'thead > tr > th')) return 'columnheader';
            const row = parentOf(element);
            const cells = row ? nodesIn(row).filter(c => kindOf(c) === 1 && /^t[dh]$/.test(tagOf(c))) : [];
            return cells.some(c => tagOf(c) === 'td') ? 'rowheader' : 'columnheader';
        };
        /// Whether a table tells of things, and does not only place them.
        const isDataTable = table => {
            const own = selector => [...query(table, selector)].filter(e => tableOf(e) === table);
            if (hasAttribute(table, 'role')) return true;
            if (matches(table, '[contenteditable]:not([contenteditable=false])') || hasAttribute(table, 'summary')
                || hasAttribute(table, 'rules')) return true;
            if (own('caption,tfoot,thead,th,col,colgroup,td[headers],td[abbr],td[axis],td[scope]').length) return true;
            const rows = own('tr'), cells = own('td');
            if (cells.length <= 1) return false;
            if (rows.length >= 20) return true;
            if (rows.length < 2 || cells.length / rows.length < 2) return false;
            const bordered = cells.slice(0, 100).filter(cell => {
                const style = styleOf(cell);
                return parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0
                    || parseFloat(style.borderBottomWidth) > 0 && parseFloat(style.borderRightWidth) > 0;
            });
            return bordered.length >= Math.min(100, cells.length) / 2;
        };
        """#
}
