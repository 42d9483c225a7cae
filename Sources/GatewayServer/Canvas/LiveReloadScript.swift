/// What has a page of the canvas follow changes of its files.
enum LiveReloadScript {
    /// Where the page waits for them.
    static let path = "/__mazelclaw__/ws"
    /// The largest page it is put into, in bytes; others are served as they are.
    static let limit = 4 << 20

    /// The page with the script in it: before the end of its body, or behind everything.
    static func added(to page: [UInt8]) -> [UInt8] {
        let script = Array(text.utf8)
        let end = Array("</body".utf8)
        // Upper and lower case differ in one bit.
        let place = page.indices.reversed().first { start in
            page.count - start >= end.count && zip(page[start...], end).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
        }
        guard let place else { return page + script }
        return Array(page[..<place]) + script + Array(page[place...])
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
