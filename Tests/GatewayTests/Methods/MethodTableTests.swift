import Foundation
import JSON
import Logging
import Policy
import Storage
import Testing

@testable import Configuration
@testable import Gateway
@testable import GatewayProtocol

/// The methods whose parameters the table `param-errors` calls by these names.
private let schemas = [
    "ConfigGetParams": "config.get", "ConfigSetParams": "config.set", "ConfigPatchParams": "config.patch",
    "SessionsListParams": "sessions.list", "SessionsPatchParams": "sessions.patch",
    "SessionsPreviewParams": "sessions.preview", "SessionsCompactParams": "sessions.compact",
    "ChatSendParams": "chat.send", "ChatHistoryParams": "chat.history", "ChatAbortParams": "chat.abort",
    "AgentParams": "agent", "AgentWaitParams": "agent.wait", "SendParams": "send", "LogsTailParams": "logs.tail",
    "NodeInvokeParams": "node.invoke", "CronAddParams": "cron.add", "DevicePairApproveParams": "device.pair.approve",
    "DeviceTokenRotateParams": "device.token.rotate", "ExecApprovalRequestParams": "exec.approval.request",
    "ExecApprovalsSetParams": "exec.approvals.set", "WakeParams": "wake", "ModelsListParams": "models.list",
    "ChannelsStatusParams": "channels.status", "TalkModeParams": "talk.mode", "WizardNextParams": "wizard.next",
]

private let connecting: Set = ["ConnectParams", "RequestFrame"]

/// The methods of a gateway.
private let table = Result {
    let directory = try TemporaryDirectory(inMemory: true)
    let instance = try Instance(
        selection: InstanceSelection(argument: ProfileName("test"), environment: [:]), profile: nil,
        home: directory.path, workingDirectory: directory.path)
    let configuration = try InstanceSetup(instance).configuration
    let gateway = try Gateway(
        configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try gateway.database.close()
    return gateway.doors.connections.requests.methods
}

private let rows = Result { try Vectors.rows("param-errors") }

@Test func `every row of the table of parameter errors belongs to a method`() throws {
    for row in try rows.get() {
        let schema = try #require(row["schema"]?.string)
        #expect(connecting.contains(schema) || schemas[schema] != nil, "\(schema)")
    }
}

@Test(
    arguments: try rows.get().filter { row in
        try schemas[row["schema"]?.string ?? ""].flatMap(table.get().named) != nil
    })
func `what is wrong with parameters is told in the words clients know`(row: JSON) throws {
    let name = try #require(schemas[row["schema"]?.string ?? ""])
    let method = try #require(table.get().named(name))
    let faults = method.faults(try #require(row["in"]))
    #expect(faults.isEmpty == (row["ok"] == true))
    #expect(faults.text == row["message"]?.string ?? "")
}

@Test func `the reference page says what the methods are`() throws {
    let page = URL(filePath: #filePath).appending(path: "../../../../Sources/Gateway/Gateway.docc/Methods.md")
        .standardized
    let reference = try MethodReference.markdown(of: table.get())
    // Reviewed like code: MAZELCLAW_UPDATE_GOLDEN=1 writes it anew, git diff shows what changed.
    if ProcessInfo.processInfo.environment["MAZELCLAW_UPDATE_GOLDEN"] == "1" {
        try Data(reference.utf8).write(to: page)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == reference)
}

@Test(arguments: try table.get().groups.flatMap(\.methods).map(\.name))
func `a method is described in whole sentences`(name: String) throws {
    let method = try #require(table.get().named(name))
    func check(_ fields: [FieldDescription]) {
        for field in fields {
            #expect(field.text.hasSuffix("."), "\(name): \(field.name)")
            check(field.fields)
        }
    }
    #expect(method.summary.hasSuffix("."))
    check(method.fields)
    check(method.answer.fields)
}

@Test func `a method that is served is not among those that are not`() throws {
    #expect(!UnservedMethods.names.isEmpty)
    for name in UnservedMethods.names { #expect(try table.get().named(name) == nil, "\(name)") }
}
