import ArgumentParser
import JSON

/// A device's token for one role.
struct DeviceToken: ParsableArguments {
    @Argument(help: "The device's id, as `devices list` shows it.")
    var device: String

    @Option(help: "The role the token is for: operator or node.")
    var role = "operator"

    var params: JSON { ["deviceId": .string(device), "role": .string(role)] }
}
