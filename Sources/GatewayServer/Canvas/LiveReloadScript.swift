/// What has a page of the canvas follow changes of its files.
enum LiveReloadScript {
    /// Where the page waits for them.
    static let path = "/__mazelclaw__/ws"
    /// The largest page it is put into, in bytes; others are served as they are.
    static let limit = 4 << 20

    /// The script that is put into a page, as UTF-8.
    static let bytes = Array(text.utf8)

    /// How much of a page is looked at at once, in bytes.
    private static let window = 64 << 10

    /// Where it is put into `page`: before the end of its body, or behind everything. Reads the page from its end, in
    /// pieces.
    static func place(in page: ServedFile) -> Int {
        let mark = Array("</body".utf8)
        var end = page.size
        while end >= mark.count {
            // One that lies over a border is whole in the next piece.
            let start = max(0, end - window)
            guard let part = page.read(at: start, count: end - start) else { return page.size }
            if let place = last(mark, in: part) { return start + place }
            guard start > 0 else { break }
            end = start + mark.count - 1
        }
        return page.size
    }

    /// Where `mark` stands last in `part`, in whatever case.
    private static func last(_ mark: [UInt8], in part: [UInt8]) -> Int? {
        var start = part.count - mark.count
        while start >= 0 {
            // Upper and lower case differ in one bit.
            if part[start] == mark[0], mark.indices.allSatisfy({ part[start + $0] | 0x20 == mark[$0] | 0x20 }) {
                return start
            }
            start -= 1
        }
        return nil
    }

    /// It shows the ticket in the page's address, if any, and comes back when the gateway was away.
    private static let text = """
        <script>(function(){var p=location.pathname.split("/"),t=p[2]==="page"?p[3]:"";\
        var u=(location.protocol==="https:"?"wss://":"ws://")+location.host+"\(path)"\
        +(t?"?ticket="+t:"");var d=500;function c(){var s=new WebSocket(u);\
        s.onopen=function(){d=500};s.onmessage=function(e){if(e.data==="reload")location.reload()};\
        s.onclose=function(){setTimeout(c,d);d=Math.min(2*d,10000)}}c()})();</script>
        """
}
