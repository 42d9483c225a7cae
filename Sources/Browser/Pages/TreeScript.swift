/// What is run in a document to read it as a screen reader does: JavaScript that is a function.
///
/// Chromium tells the same by `Accessibility.getFullAXTree`, and takes seconds for thousands of elements. Roles and names
/// follow WAI-ARIA 1.2, HTML-AAM 1.0 and the Accessible Name and Description Computation 1.2, and Chromium where these leave
/// it open; the words are Chromium's own. It is run in a world of its own, where a page's scripts change nothing.
///
/// It is called with the most entries that are wanted, and with the shadow trees that only the browser itself can open.
/// `this` is the element to begin with; without one it begins with the document. It returns an array of three: text, which
/// is JSON, the nodes of the entries, and elements that may have such shadow trees. The JSON is an array of how many the
/// latter are and of the entries, each an array of its depth, role and name, and where there are any of value, description
/// and states. An entry whose role is `none` is there for the document that its node shows.
enum TreeScript {
    /// The whole.
    static let text =
        "function (limit, ...roots) {\n"
        + [members, sight, places, generated, roles, names, states, walk].joined(separator: "\n\n") + "\n}"

    /// The members of the document's objects, as the browser has them.
    static let members = #"""
        // The fields of a form hide its members. Whatever a page calls its elements, they do not take the place of these.
        const call = Function.prototype.call;
        const method = (type, name) => call.bind(type.prototype[name]);
        const getter = (type, name) => call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
        const kindOf = getter(Node, 'nodeType'), parentOf = getter(Node, 'parentNode');
        const firstOf = getter(Node, 'firstChild'), nextOf = getter(Node, 'nextSibling');
        const rootOf = method(Node, 'getRootNode');
        const containsNode = method(Node, 'contains');
        const dataOf = getter(CharacterData, 'data');
        const tagOf = getter(Element, 'localName'), spaceOf = getter(Element, 'namespaceURI');
        const attributeOf = method(Element, 'getAttribute'), hasAttribute = method(Element, 'hasAttribute');
        const shadowOf = getter(Element, 'shadowRoot'), isSeen = method(Element, 'checkVisibility');
        const matches = method(Element, 'matches'), slotOf = getter(Element, 'assignedSlot');
        const assignedTo = method(HTMLSlotElement, 'assignedNodes');
        const queryIn = {
            9: method(Document, 'querySelectorAll'), 11: method(DocumentFragment, 'querySelectorAll'),
            1: method(Element, 'querySelectorAll'),
        };
        const query = (node, selector) => queryIn[kindOf(node)](node, selector);
        const byID = (node, id) => {
            const root = rootOf(node);
            if (kindOf(root) === 9) return documentByID(root, id);
            return kindOf(root) === 11 ? fragmentByID(root, id) : null;
        };
        const documentByID = method(Document, 'getElementById');
        const fragmentByID = method(DocumentFragment, 'getElementById');
        const titleOf = getter(Document, 'title'), bodyOf = getter(Document, 'body');
        const topOf = getter(Document, 'documentElement');
        const activeIn = { 9: getter(Document, 'activeElement'), 11: getter(ShadowRoot, 'activeElement') };
        const page = document;
        const hostOf = getter(ShadowRoot, 'host');
        /// The shadow trees that only the browser itself can open, by the elements they are of.
        const closedRoots = new Map(roots.map(root => [hostOf(root), root]));
        const styleOf = (element, pseudo) => getComputedStyle(element, pseudo);
        const HTML = 'http://www.w3.org/1999/xhtml', SVG = 'http://www.w3.org/2000/svg';
        const isHTML = element => spaceOf(element) === HTML;
        const flat = text => text.replace(/[\s\u200b]+/g, ' ').trim();
        """#

    /// What is seen.
    static let sight = #"""
        const styles = new Map();
        /// What of an element's style the texts in it are changed by.
        const textStyle = element => {
            let style = styles.get(element);
            if (!style) {
                const computed = styleOf(element);
                style = {
                    transform: computed.textTransform, display: computed.display,
                    isSeen: computed.contentVisibility !== 'hidden',
                };
                styles.set(element, style);
            }
            return style;
        };
        const written = (text, parent) => {
            const transform = parent ? textStyle(parent).transform : 'none';
            if (transform === 'uppercase') return text.toUpperCase();
            if (transform === 'lowercase') return text.toLowerCase();
            return transform === 'capitalize' ? text.replace(/(?<!\S)\S/g, letter => letter.toUpperCase()) : text;
        };
        const SEEN = 2, INNER = 1, UNSEEN = 0;
        /// Whether an element is seen itself, or only what is in it may be, or neither.
        const visibility = (element, isFallback) => {
            if (!isFallback && isSeen(element, { visibilityProperty: true })) return SEEN;
            const style = styleOf(element);
            if (style.display === 'none' || style.display === '') return UNSEEN;
            if (style.visibility !== 'visible') return INNER;
            return isFallback || style.display === 'contents' ? SEEN : UNSEEN;
        };
        const focused = new Set();
        for (let root = page; root;) {
            const element = activeIn[kindOf(root)](root);
            if (element) focused.add(element);
            root = element && (shadowOf(element) || closedRoots.get(element));
        }
        const isHiddenFromReaders = element => {
            if (attributeOf(element, 'aria-hidden') !== 'true') return false;
            if (element === topOf(page) || element === bodyOf(page)) return false;
            // What has the focus cannot be hidden.
            for (const one of focused) if (one !== bodyOf(page) && containsNode(element, one)) return false;
            return true;
        };
        // A modal dialog makes all around it inert.
        const modals = query(page, 'dialog:modal');
        const modal = modals.length ? modals[modals.length - 1] : null;
        const isInert = element => hasAttribute(element, 'inert') && isHTML(element);
        """#

    /// What is in what.
    static let places = #"""
        const owners = new Map();
        for (const owner of query(page, '[aria-owns]')) {
            for (const id of attributeOf(owner, 'aria-owns').split(/\s+/)) {
                const owned = id && byID(owner, id);
                if (owned && !owners.has(owned) && !containsNode(owned, owner)) owners.set(owned, owner);
            }
        }
        const ownedBy = owner => {
            const list = [];
            for (const id of attributeOf(owner, 'aria-owns').split(/\s+/)) {
                const owned = id && byID(owner, id);
                if (owned && owners.get(owned) === owner && !list.includes(owned)) list.push(owned);
            }
            return list;
        };
        const nodesIn = node => {
            const list = [];
            for (let child = firstOf(node); child; child = nextOf(child)) list.push(child);
            return list;
        };
        /// What is in a node as it is shown: with shadow trees, and what their slots take.
        const childrenOf = node => {
            if (kindOf(node) !== 1) return nodesIn(node);
            const root = shadowOf(node) || closedRoots.get(node);
            if (root) return nodesIn(root);
            const tag = tagOf(node);
            if (tag === 'slot' && kindOf(rootOf(node)) === 11) {
                const assigned = assignedTo(node);
                return assigned.length ? assigned : nodesIn(node);
            }
            if (tag === 'details' && isHTML(node)) {
                const children = nodesIn(node), summary = children.find(isSummary);
                const others = hasAttribute(node, 'open') ? children.filter(child => child !== summary) : [];
                return summary ? [summary, ...others] : others;
            }
            return nodesIn(node);
        };
        /// What an element is in as it is shown.
        const aroundOf = node => {
            const slot = kindOf(node) === 1 ? slotOf(node) : null;
            if (slot) return slot;
            const parent = parentOf(node);
            return parent && kindOf(parent) === 11 ? getHost(parent) : parent && kindOf(parent) === 1 ? parent : null;
        };
        const getHost = root => root instanceof ShadowRoot ? hostOf(root) : null;
        const isSummary = node => kindOf(node) === 1 && tagOf(node) === 'summary';
        """#
}
