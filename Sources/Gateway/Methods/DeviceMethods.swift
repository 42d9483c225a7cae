import GatewayProtocol
import JSON
import Text
import Time

/// The methods by which operators decide which devices may come in.
struct DeviceMethods: Sendable {
    let devices: DeviceStore
    let clients: Clients
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Devices",
            """
            A device proves who it is with its key. One on this host is let in at once; any other asks, and waits until \
            an operator decides, for each role apart. A node has no scopes. Nobody gives a device more than they have \
            themselves.
            """,
            [list, approve, reject, rotate, revoke])
    }

    private var list: Method {
        Method.immediate(
            "device.pair.list", .scope(.pairing), "The devices that ask, and those that were let in.",
            NoParameters.schema,
            answer: .object(
                Field(required: "pending", .list(of: PairingRequest.shape), "Those that ask, oldest first."),
                Field(required: "paired", .list(of: PairedDevice.shape), "Those that were let in."))
        ) { _, _ in
            [
                "pending": .array(devices.pending.map(\.json)),
                "paired": .array(devices.paired.map(\.summary)),
            ]
        }
    }

    private var approve: Method {
        Method.awaiting(
            "device.pair.approve", .scope(.pairing), "Lets a device in.", PairingDecision.schema,
            answer: .object(
                Field(required: "requestId", .string, "The request's id."),
                Field(required: "device", PairedDevice.shape, "The device, as it is now."))
        ) { call, parameters in
            guard let request = devices.pending.first(where: { $0.id == parameters.requestID }) else {
                throw PairingDecision.unknown
            }
            try call.client.require(request.scopes)
            try await devices.approve(request)
            announce("approved", on: request)
            return ["requestId": .string(request.id), "device": devices.paired(request.deviceID)?.summary ?? .null]
        }
    }

    private var reject: Method {
        Method.awaiting(
            "device.pair.reject", .scope(.pairing), "Turns a device away. It may ask again.", PairingDecision.schema,
            answer: .object(
                Field(required: "requestId", .string, "The request's id."),
                Field(required: "deviceId", .string, "The device."))
        ) { _, parameters in
            guard let request = try await devices.reject(parameters.requestID) else {
                throw PairingDecision.unknown
            }
            announce("rejected", on: request)
            return ["requestId": .string(request.id), "deviceId": .string(request.deviceID)]
        }
    }

    private struct Rotation {
        var deviceID: String
        var role: String
        var scopes: [String]?

        static let schema = Schema(
            Field(required: "deviceId", .nonEmptyString, "The device."),
            Field(required: "role", .nonEmptyString, "The role the token is for."),
            Field(
                "scopes", .array(of: .nonEmptyString),
                "What it opens: some of what the device may do. Left out, what the token it has opens."),
            as: Rotation.init)
    }

    private var rotate: Method {
        Method.awaiting(
            "device.token.rotate", .scope(.pairing),
            "Makes a new token for a device. The one it had opens nothing any more.", Rotation.schema,
            answer: .object(
                Field(required: "deviceId", .string, "The device."),
                Field(required: "role", Shape<Role>.word, "The role."),
                Field(required: "token", .string, "The new token. It is shown this once."),
                Field(required: "scopes", .array(of: .string), "What it opens."),
                Field(required: "rotatedAtMs", .integer, "When, in milliseconds since 1970."))
        ) { call, parameters in
            guard let device = devices.paired(parameters.deviceID), let role = Role(rawValue: parameters.role),
                let granted = device.scopes(as: role)
            else { throw Self.unknownDevice }
            let scopes = parameters.scopes ?? device.tokens.first { $0.role == role }?.scopes ?? granted
            guard device.allows(role, scopes: scopes) else {
                throw ProtocolError(.invalidRequest, "scopes beyond those the device was let in with")
            }
            try call.client.require(scopes)
            guard let token = try await devices.rotate(device: device.id, role: role, scopes: scopes) else {
                throw Self.unknownDevice
            }
            return [
                "deviceId": .string(device.id), "role": .string(role.rawValue),
                "token": .string(token.secret.revealed()),
                "scopes": .array(token.scopes.map(JSON.string)), "rotatedAtMs": .integer(token.issuedAt),
            ]
        }
    }

    private struct Revocation {
        var deviceID: String
        var role: String

        static let schema = Schema(
            Field(required: "deviceId", .nonEmptyString, "The device."),
            Field(required: "role", .nonEmptyString, "The role the token is for."),
            as: Revocation.init)
    }

    private var revoke: Method {
        Method.awaiting(
            "device.token.revoke", .scope(.pairing),
            "Takes a device's token away, and closes its connections in that role, but for the one that asks.",
            Revocation.schema,
            answer: .object(
                Field(required: "deviceId", .string, "The device."),
                Field(required: "role", Shape<Role>.word, "The role."),
                Field(required: "revokedAtMs", .integer, "When, in milliseconds since 1970."))
        ) { call, parameters in
            guard let role = Role(rawValue: parameters.role),
                try await devices.revoke(device: parameters.deviceID, role: role)
            else { throw Self.unknownDevice }
            clients.disconnect(device: parameters.deviceID, role: role, except: call.connection)
            return [
                "deviceId": .string(parameters.deviceID), "role": .string(role.rawValue),
                "revokedAtMs": .integer(clock.milliseconds),
            ]
        }
    }

    private static let unknownDevice = ProtocolError(.invalidRequest, "unknown deviceId/role")

    private func announce(_ decision: String, on request: PairingRequest) {
        clients.broadcast(
            .pairResolved,
            [
                "requestId": .string(request.id), "deviceId": .string(request.deviceID),
                "decision": .string(decision), "ts": .integer(clock.milliseconds),
            ])
    }
}
