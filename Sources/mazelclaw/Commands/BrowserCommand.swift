import ArgumentParser

/// `mazelclaw browser`: the browsers that agents use.
struct BrowserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "browser", abstract: "Drive the browser that agents use.",
        discussion: "The gateway must run: it starts the browser, and ends it with itself.",
        subcommands: [
            BrowserStatusCommand.self, BrowserStartCommand.self, BrowserStopCommand.self, BrowserProfilesCommand.self,
            BrowserCreateProfileCommand.self, BrowserDeleteProfileCommand.self, BrowserResetProfileCommand.self,
            BrowserTabsCommand.self, BrowserOpenCommand.self, BrowserFocusCommand.self, BrowserCloseCommand.self,
            BrowserNavigateCommand.self, BrowserSnapshotCommand.self, BrowserScreenshotCommand.self,
            BrowserPDFCommand.self, BrowserClickCommand.self, BrowserTypeCommand.self, BrowserPressCommand.self,
            BrowserHoverCommand.self, BrowserDragCommand.self, BrowserSelectCommand.self, BrowserFillCommand.self,
            BrowserWaitCommand.self, BrowserEvaluateCommand.self, BrowserConsoleCommand.self,
            BrowserErrorsCommand.self, BrowserRequestsCommand.self, BrowserCookiesCommand.self,
            BrowserUploadCommand.self, BrowserDownloadCommand.self, BrowserWaitDownloadCommand.self,
            BrowserDownloadsCommand.self, BrowserRemoveDownloadCommand.self,
        ])
}
