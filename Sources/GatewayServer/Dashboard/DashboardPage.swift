import Gateway

/// The gateway's own page: one document with its style and its script, which are part of this program.
enum DashboardPage {
    /// The document as UTF-8, with its style and its script in place.
    static let bytes = document()

    /// What the document may do: run this script and no other, look like this, and talk to its own origin.
    ///
    /// The script is named by its hash, not as `'self'`: agents write files of the same origin (`CanvasRoute`). With
    /// `trusted-types 'none'` no text can become markup, whatever the script does with it.
    static let policy = [
        "default-src 'none'", "script-src \(ContentHash.source(of: PackageResources.dashboard_js))",
        "style-src \(ContentHash.source(of: PackageResources.dashboard_css))", "img-src data:", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    private static func document() -> [UInt8] {
        inserting(
            PackageResources.dashboard_js, before: "</script>",
            into: inserting(PackageResources.dashboard_css, before: "</style>", into: PackageResources.dashboard_html))
    }

    /// `page` with `part` before its only `mark`.
    private static func inserting(_ part: [UInt8], before mark: String, into page: [UInt8]) -> [UInt8] {
        guard let place = page.firstRange(of: Array(mark.utf8))?.lowerBound else {
            preconditionFailure("dashboard.html has a \(mark)")
        }
        return page[..<place] + part + page[place...]
    }
}
