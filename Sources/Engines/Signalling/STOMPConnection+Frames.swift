// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import STOMP

extension STOMPConnection {
    // MARK: Time

    /// Moves the timers that data on the line has made late, and acts on those that are due.
    mutating func expire(at now: Instant) {
        while let timer = timers.popExpired(at: now) {
            switch timer {
            case .connect: fail("no CONNECT frame in time")
            case .beat:
                guard let next = heartBeat.nextBeat else { continue }
                if next <= now {
                    outputs.append(.send([UInt8(ascii: "\n")]))
                    heartBeat.sent(at: now)
                }
                timers.arm(.beat, at: heartBeat.nextBeat ?? now)
            case .silence:
                guard let end = heartBeat.endOfPatience else { continue }
                guard end > now else { return fail("no heart-beat in time") }
                timers.arm(.silence, at: end)
            }
        }
    }

    // MARK: Frames

    mutating func handle(_ frame: STOMPFrame) {
        let isOpening = frame.command == .connect || frame.command == .stomp
        guard isOpening == (state == .awaitingConnect) else {
            return fail(isOpening ? "already connected" : "CONNECT must come first", receipt: frame.receipt)
        }
        switch frame.command {
        case .connect, .stomp: connect(frame)
        case .send: sent(frame)
        case .subscribe: subscribe(frame)
        case .unsubscribe: unsubscribe(frame)
        case .ack: settle(frame, .acknowledged)
        case .nack: settle(frame, .rejected)
        case .disconnect:
            sendReceipt(frame.receipt)
            end(.disconnected)
        case .begin, .commit, .abort: fail(Self.noTransactions, receipt: frame.receipt)
        default: fail("\(frame.command.rawValue) is not a command for servers", receipt: frame.receipt)
        }
    }

    private static let noTransactions = "transactions are not supported"

    // MARK: Connecting

    private mutating func connect(_ frame: STOMPFrame) {
        guard let version = STOMPVersion.negotiate(acceptVersion: frame.headers["accept-version"]) else {
            return refuseVersion()
        }
        guard STOMPHeartBeat.parse(frame.headers["heart-beat"] ?? "0,0") != nil else {
            return fail("heart-beat must be two numbers")
        }
        state = .connecting
        timers.disarm(.connect)
        let login = STOMPLogin(
            version: version, host: frame.headers["host"], login: frame.headers["login"],
            passcode: frame.headers["passcode"], headers: frame.headers)
        ask(.connect(login), receipt: nil) { .connecting($0, login) }
    }

    private mutating func refuseVersion() {
        let versions = STOMPVersion.allCases.map(\.rawValue)
        let message = "no version in common"
        send(
            STOMPFrame(
                .error,
                headers: [
                    "version": versions.joined(separator: ","), "content-type": "text/plain",
                    "message": message,
                ],
                body: Array("Supported protocol versions are \(versions.joined(separator: " "))".utf8)))
        end(.failed(message))
    }

    mutating func connected(_ login: STOMPLogin, at now: Instant) {
        guard state == .connecting else { return }
        state = .connected
        decoder.version = login.version
        let ours = settings.heartBeat.milliseconds
        let theirs = STOMPHeartBeat.parse(login.headers["heart-beat"] ?? "0,0") ?? (0, 0)
        heartBeat.agree(client: theirs, server: ours, at: now)
        if let next = heartBeat.nextBeat { timers.arm(.beat, at: next) }
        if let end = heartBeat.endOfPatience { timers.arm(.silence, at: end) }
        var headers: STOMPHeaders = [
            "version": login.version.rawValue, "heart-beat": "\(ours),\(ours)", "session": sessionID,
        ]
        if let server = settings.server { headers.append("server", server) }
        send(STOMPFrame(.connected, headers: headers))
    }

    // MARK: Messages

    private mutating func sent(_ frame: STOMPFrame) {
        guard let destination = frame.headers["destination"] else {
            return fail("SEND needs a destination", receipt: frame.receipt)
        }
        guard frame.headers["transaction"] == nil else {
            return fail(Self.noTransactions, receipt: frame.receipt)
        }
        let message = STOMPMessage(destination: destination, headers: frame.headers, body: frame.body)
        ask(.send, receipt: frame.receipt) { .sent($0, message) }
    }

    /// Clients of 1.0 may do without an id: then the destination stands for it.
    private func subscriptionID(of frame: STOMPFrame) -> String? {
        frame.headers["id"] ?? (version == .v10 ? frame.headers["destination"] : nil)
    }

    private mutating func subscribe(_ frame: STOMPFrame) {
        guard let destination = frame.headers["destination"], let id = subscriptionID(of: frame) else {
            return fail("SUBSCRIBE needs a destination and an id", receipt: frame.receipt)
        }
        guard let mode = STOMPSubscription.AckMode(rawValue: frame.headers["ack"] ?? "auto") else {
            return fail("ack must be auto, client or client-individual", receipt: frame.receipt)
        }
        guard subscriptions[id] == nil, requestedSubscriptions[id] == nil else {
            return fail("there is a subscription of that id", receipt: frame.receipt)
        }
        guard subscriptions.count + requestedSubscriptions.count < settings.maxSubscriptions else {
            return fail("too many subscriptions", receipt: frame.receipt)
        }
        let subscription = STOMPSubscription(
            id: id, isNamed: frame.headers["id"] != nil, destination: destination, ackMode: mode,
            headers: frame.headers)
        requestedSubscriptions[id] = subscription
        ask(.subscribe(subscription), receipt: frame.receipt) { .subscribing($0, subscription) }
    }

    private mutating func unsubscribe(_ frame: STOMPFrame) {
        guard let id = subscriptionID(of: frame) else {
            return fail("UNSUBSCRIBE needs an id", receipt: frame.receipt)
        }
        if let removed = subscriptions.remove(id) {
            if !removed.unsettled.isEmpty { outputs.append(.settled(removed.unsettled, .abandoned)) }
            outputs.append(.unsubscribed(removed.subscription))
        } else if let subscription = requestedSubscriptions.removeValue(forKey: id) {
            outputs.append(.unsubscribed(subscription))
        } else if !settings.toleratesUnknownSubscriptions {
            return fail("there is no subscription of that id", receipt: frame.receipt)
        }
        sendReceipt(frame.receipt)
    }

    /// ACK and NACK. An unknown message is no error: it may have been acknowledged along with a later
    /// one, or its subscription may be gone.
    private mutating func settle(_ frame: STOMPFrame, _ settlement: Settlement) {
        guard version != .v10 || settlement == .acknowledged else {
            return fail("STOMP 1.0 has no NACK", receipt: frame.receipt)
        }
        let name = version == .v12 ? "id" : "message-id"
        guard let message = frame.headers[name] else {
            return fail("\(frame.command.rawValue) needs a header \(name)", receipt: frame.receipt)
        }
        let subscription = version == .v11 ? frame.headers["subscription"] : nil
        guard version != .v11 || subscription != nil else {
            return fail("\(frame.command.rawValue) needs a header subscription", receipt: frame.receipt)
        }
        guard frame.headers["transaction"] == nil else {
            return fail(Self.noTransactions, receipt: frame.receipt)
        }
        if let number = UInt64(message) {
            let settled = subscriptions.settle(number, of: subscription)
            if !settled.isEmpty { outputs.append(.settled(settled, settlement)) }
        }
        sendReceipt(frame.receipt)
    }
}

extension STOMPFrame {
    fileprivate var receipt: String? { headers["receipt"] }
}
