// SPDX-License-Identifier: Apache-2.0
import EngineKit
import STOMP
import Signalling
import TestKit
import Testing

/// A client's end of an engine whose application grants everything at once, unless told otherwise.
struct STOMPClient {
    var engine: STOMPConnection
    var now: Instant = 0
    /// Requests of the client that the application has not answered, when it is told to wait.
    var unanswered: [STOMPConnection.RequestID] = []
    var isApplicationSlow = false

    init(_ change: (inout STOMPConnection.Settings) -> Void = { _ in }) {
        var settings = STOMPConnection.Settings()
        settings.heartBeat = .milliseconds(1000)
        settings.server = nil
        change(&settings)
        engine = STOMPConnection(sessionID: "s", settings: settings, at: 0)
    }

    /// Connected, by default with version 1.2 and without heart-beats.
    static func connected(
        _ version: String = "1.2", heartBeat: String = "0,0",
        _ change: (inout STOMPConnection.Settings) -> Void = { _ in }
    ) -> STOMPClient {
        var client = STOMPClient(change)
        _ = client.send("CONNECT\naccept-version:\(version)\nheart-beat:\(heartBeat)\n\n^@")
        return client
    }

    /// Sends frames in which `^@` is NUL. - Returns: what came of it.
    mutating func send(_ text: String) -> [String] {
        let parts = text.split(separator: "^@", omittingEmptySubsequences: false)
        return tell(.received(Array(parts.joined(separator: "\0").utf8)))
    }

    mutating func tell(_ input: STOMPConnection.Input) -> [String] {
        engine.handle(input, at: now)
        var lines: [String] = []
        while let output = engine.poll() {
            lines.append(describe(output))
            switch output {
            case .connecting(let id, _), .subscribing(let id, _), .sent(let id, _):
                isApplicationSlow ? unanswered.append(id) : engine.handle(.accept(id), at: now)
            default: break
            }
        }
        return lines
    }

    mutating func tick(at instant: Instant) -> [String] {
        now = instant
        return tell(.tick)
    }

    mutating func deliver(_ destination: String, _ body: String = "hi", tag: UInt64? = nil) -> [String] {
        let message = STOMPMessage(destination: destination, body: Array(body.utf8))
        return tell(.deliver(message, tag: tag.map(STOMPConnection.MessageTag.init)))
    }

    private func describe(_ output: STOMPConnection.Output) -> String {
        switch output {
        case .send(let bytes):
            let frame = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
            return frame.split(separator: "\n").joined(separator: "|") + (bytes.last == 0 ? "^@" : "")
        case .close: return "close"
        case .connecting(_, let login):
            return "connecting \(login.version.rawValue) \(login.host ?? "-") \(login.login ?? "-")"
        case .subscribing(_, let subscription):
            return "subscribing \(subscription.id) \(subscription.destination) \(subscription.ackMode)"
        case .unsubscribed(let subscription): return "unsubscribed \(subscription.id)"
        case .sent(_, let message):
            let headers = message.headers.entries.map { " \($0.name):\($0.value)" }.joined()
            return "sent \(message.destination)\(headers) \(String(decoding: message.body, as: UTF8.self))"
        case .settled(let tags, let settlement): return "\(settlement) \(tags.map(\.rawValue))"
        case .ended(let end): return "ended \(end)"
        }
    }
}

@Suite("STOMP connections")
struct STOMPConnectionTests {
    static func failure(_ message: String, _ more: String = "") -> [String] {
        ["ERROR|message:\(message)\(more)^@", "close", #"ended failed("\#(message)")"#]
    }

    // MARK: Connecting

    @Test("connects with CONNECT and with STOMP, in the highest version of both")
    func connects() {
        for command in ["CONNECT", "STOMP"] {
            var client = STOMPClient { $0.server = "Parley/1.0" }
            #expect(
                client.send("\(command)\naccept-version:1.0,1.1,1.2\nhost:h\nlogin:ana\n\n^@") == [
                    "connecting 1.2 h ana",
                    "CONNECTED|version:1.2|heart-beat:1000,1000|session:s|server:Parley/1.0^@",
                ])
            #expect(client.engine.version == .v12)
        }
    }

    @Test("speaks 1.0 with a client that names no version")
    func oldClient() {
        var client = STOMPClient()
        #expect(
            client.send("CONNECT\n\n^@") == [
                "connecting 1.0 - -", "CONNECTED|version:1.0|heart-beat:1000,1000|session:s^@",
            ])
    }

    @Test("tells a client of an unknown version which there are")
    func noCommonVersion() {
        var client = STOMPClient()
        #expect(
            client.send("CONNECT\naccept-version:2.0\n\n^@") == [
                "ERROR|version:1.0,1.1,1.2|content-type:text/plain|message:no version in common|"
                    + "content-length:43|Supported protocol versions are 1.0 1.1 1.2^@",
                "close", #"ended failed("no version in common")"#,
            ])
    }

    @Test("lets the application refuse a login")
    func refusesLogin() {
        var client = STOMPClient()
        client.isApplicationSlow = true
        _ = client.send("CONNECT\naccept-version:1.2\npasscode:wrong\n\n^@")
        #expect(
            client.tell(.refuse(client.unanswered[0], message: "who are you?"))
                == Self.failure("who are you?"))
    }

    @Test("keeps frames that follow CONNECT until the application has answered")
    func pipelined() {
        var client = STOMPClient()
        client.isApplicationSlow = true
        #expect(
            client.send("CONNECT\naccept-version:1.2\n\n^@SEND\ndestination:/a\\c\n\nhi^@") == [
                "connecting 1.2 - -"
            ])
        #expect(
            client.tell(.accept(client.unanswered[0])) == [
                "CONNECTED|version:1.2|heart-beat:1000,1000|session:s^@", "sent /a: hi",
            ])
    }

    @Test("gives up on a client that never sends CONNECT")
    func connectTimeout() {
        var client = STOMPClient()
        #expect(client.engine.deadline == 10_000)
        #expect(client.tick(at: 9_999) == [])
        #expect(client.tick(at: 10_000) == Self.failure("no CONNECT frame in time"))
        #expect(client.engine.deadline == nil)
    }

    // MARK: Messages

    @Test("hands messages to the application with the sender's own entries, and confirms them")
    func sends() {
        var client = STOMPClient.connected()
        #expect(
            client.send("SEND\ndestination:/a\ncontent-type:text/plain\nmine:1\nreceipt:r1\n\nhello^@") == [
                "sent /a content-type:text/plain mine:1 hello", "RECEIPT|receipt-id:r1^@",
            ])
    }

    @Test("delivers to every subscription of a destination until it is given up")
    func delivers() {
        var client = STOMPClient.connected()
        #expect(
            client.send("SUBSCRIBE\nid:0\ndestination:/a\nreceipt:r\n\n^@") == [
                "subscribing 0 /a auto", "RECEIPT|receipt-id:r^@",
            ])
        _ = client.send("SUBSCRIBE\nid:1\ndestination:/a\n\n^@SUBSCRIBE\nid:2\ndestination:/b\n\n^@")
        #expect(
            client.deliver("/a") == [
                "MESSAGE|destination:/a|message-id:1|subscription:0|content-length:2|hi^@",
                "MESSAGE|destination:/a|message-id:2|subscription:1|content-length:2|hi^@",
            ])
        #expect(client.send("UNSUBSCRIBE\nid:0\n\n^@") == ["unsubscribed 0"])
        #expect(
            client.deliver("/a") == [
                "MESSAGE|destination:/a|message-id:3|subscription:1|content-length:2|hi^@"
            ])
        #expect(client.deliver("/c") == [])
    }

    @Test("delivers to one subscription when its destination is a pattern")
    func deliversToOne() {
        var client = STOMPClient.connected()
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a/*\n\n^@")
        let message = STOMPMessage(
            destination: "/a/b", headers: ["mine": "1", "message-id": "forged"], body: [])
        #expect(
            client.tell(.deliverTo(subscription: "0", message, tag: nil)) == [
                "MESSAGE|mine:1|destination:/a/b|message-id:1|subscription:0^@"
            ])
        #expect(client.tell(.deliverTo(subscription: "9", message, tag: nil)) == [])
    }

    @Test("delivers nothing to a subscription that the application has not granted")
    func pendingSubscription() {
        var client = STOMPClient.connected()
        client.isApplicationSlow = true
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\nreceipt:r\n\n^@")
        #expect(client.deliver("/a") == [])
        #expect(client.send("UNSUBSCRIBE\nid:0\n\n^@") == ["unsubscribed 0"])
        #expect(client.tell(.accept(client.unanswered[0])) == ["RECEIPT|receipt-id:r^@"])
        #expect(client.deliver("/a") == [])
    }

    @Test("lets a client of 1.0 name its subscription by the destination")
    func unnamedSubscription() {
        var client = STOMPClient.connected("1.0")
        _ = client.send("SUBSCRIBE\ndestination: /a \nack:client\n\n^@")
        #expect(
            client.deliver("/a", tag: 7) == ["MESSAGE|destination:/a|message-id:1|content-length:2|hi^@"])
        #expect(client.send("ACK\nmessage-id:1\n\n^@") == ["acknowledged [7]"])
        #expect(client.send("UNSUBSCRIBE\ndestination:/a\n\n^@") == ["unsubscribed /a"])
    }

    // MARK: Acknowledgements

    @Test("an acknowledgement counts for those before it in mode client only")
    func ackModes() {
        var client = STOMPClient.connected()
        _ = client.send("SUBSCRIBE\nid:c\ndestination:/c\nack:client\n\n^@")
        _ = client.send("SUBSCRIBE\nid:i\ndestination:/i\nack:client-individual\n\n^@")
        #expect(
            client.deliver("/c", tag: 1) == [
                "MESSAGE|destination:/c|message-id:1|subscription:c|ack:1|content-length:2|hi^@"
            ])
        for tag in 2...3 { _ = client.deliver("/c", tag: UInt64(tag)) }
        for tag in 4...6 { _ = client.deliver("/i", tag: UInt64(tag)) }
        #expect(client.send("ACK\nid:2\n\n^@") == ["acknowledged [1, 2]"])
        #expect(client.send("ACK\nid:1\n\n^@") == [], "that was acknowledged along with 2")
        #expect(client.send("NACK\nid:5\nreceipt:r\n\n^@") == ["rejected [5]", "RECEIPT|receipt-id:r^@"])
        #expect(client.send("UNSUBSCRIBE\nid:i\n\n^@") == ["abandoned [4, 6]", "unsubscribed i"])
        #expect(client.tell(.disconnected) == ["abandoned [3]", "ended lost"])
    }

    @Test("a client of 1.1 acknowledges with message and subscription")
    func oldAcks() {
        var client = STOMPClient.connected("1.1")
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\nack:client\n\n^@")
        #expect(
            client.deliver("/a", tag: 1) == [
                "MESSAGE|destination:/a|message-id:1|subscription:0|content-length:2|hi^@"
            ])
        #expect(client.send("ACK\nmessage-id:1\nsubscription:9\n\n^@") == [])
        #expect(client.send("ACK\nmessage-id:1\nsubscription:0\n\n^@") == ["acknowledged [1]"])
    }

    @Test("ends a connection whose client acknowledges nothing")
    func unacknowledged() {
        var client = STOMPClient.connected { $0.maxUnacknowledged = 2 }
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\nack:client\n\n^@")
        _ = client.deliver("/a", tag: 1)
        _ = client.deliver("/a", tag: 2)
        #expect(
            client.deliver("/a", tag: 3) == [
                "ERROR|message:too many messages without acknowledgement^@", "abandoned [1, 2]", "close",
                #"ended failed("too many messages without acknowledgement")"#,
            ])
    }

    // MARK: The end

    @Test("says goodbye with the receipt that a client waits for")
    func disconnects() {
        var client = STOMPClient.connected()
        #expect(
            client.send("DISCONNECT\nreceipt:77\n\n^@SEND\ndestination:/late\n\n^@") == [
                "RECEIPT|receipt-id:77^@", "close", "ended disconnected",
            ])
        #expect(client.send("SEND\ndestination:/later\n\n^@") == [])
    }

    static let errors: [(String, String, String)] = [
        ("CONNECT\n\n^@", "already connected", ""),
        ("SEND\nreceipt:r\n\nhi^@", "SEND needs a destination", "|receipt-id:r"),
        ("SEND\ndestination:/a\ntransaction:t\n\n^@", "transactions are not supported", ""),
        ("BEGIN\ntransaction:t\nreceipt:r\n\n^@", "transactions are not supported", "|receipt-id:r"),
        ("COMMIT\ntransaction:t\n\n^@", "transactions are not supported", ""),
        ("ABORT\ntransaction:t\n\n^@", "transactions are not supported", ""),
        ("ACK\nid:1\ntransaction:t\n\n^@", "transactions are not supported", ""),
        ("SUBSCRIBE\nid:1\n\n^@", "SUBSCRIBE needs a destination and an id", ""),
        ("SUBSCRIBE\ndestination:/a\n\n^@", "SUBSCRIBE needs a destination and an id", ""),
        (
            "SUBSCRIBE\nid:1\ndestination:/a\nack:maybe\n\n^@",
            "ack must be auto, client or client-individual", ""
        ),
        ("SUBSCRIBE\nid:0\ndestination:/b\n\n^@", "there is a subscription of that id", ""),
        ("UNSUBSCRIBE\n\n^@", "UNSUBSCRIBE needs an id", ""),
        ("UNSUBSCRIBE\nid:9\n\n^@", "there is no subscription of that id", ""),
        ("ACK\nmessage-id:1\n\n^@", "ACK needs a header id", ""),
        ("MESSAGE\n\n^@", "MESSAGE is not a command for servers", ""),
        ("HELLO\n\n^@", "HELLO is not a command for servers", ""),
    ]

    @Test("answers what it cannot do with an ERROR frame and closes", arguments: errors)
    func refuses(_ frame: String, _ message: String, _ more: String) {
        var client = STOMPClient.connected()
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\n\n^@")
        #expect(client.send(frame) == Self.failure(message, more))
        #expect(client.send("SEND\ndestination:/a\n\n^@") == [], "nothing comes after an ERROR")
    }

    @Test("where the application says so, the end of a subscription that is none is no error")
    func toleratesUnknownSubscriptions() {
        var client = STOMPClient.connected { $0.toleratesUnknownSubscriptions = true }
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\n\n^@")
        #expect(client.send("UNSUBSCRIBE\nid:/a\nreceipt:r\n\n^@") == ["RECEIPT|receipt-id:r^@"])
        #expect(client.deliver("/a").count == 1)
    }

    @Test("says where a malformed frame breaks the format")
    func malformed() {
        var client = STOMPClient.connected("1.1")
        #expect(
            client.send("SEND\ndestination:\\t\n\n^@") == [
                "ERROR|message:malformed frame|content-type:text/plain|content-length:32|"
                    + "STOMP header: invalid at byte 49^@",
                "close", #"ended failed("malformed frame")"#,
            ])
    }

    @Test(
        "refuses everything but CONNECT at first",
        arguments: [
            ("SEND\ndestination:/a\n\n^@", "CONNECT must come first"),
            ("CONNECT\nheart-beat:1\n\n^@", "heart-beat must be two numbers"),
            ("CONNECT\nheart-beat:1,-1\n\n^@", "heart-beat must be two numbers"),
            ("CONNECT\nheart-beat:1,2,3\n\n^@", "heart-beat must be two numbers"),
        ])
    func refusesOpening(_ frame: String, _ message: String) {
        var client = STOMPClient()
        #expect(client.send(frame) == Self.failure(message))
    }

    @Test("bounds subscriptions, those not granted yet included")
    func maxSubscriptions() {
        var client = STOMPClient.connected { $0.maxSubscriptions = 2 }
        _ = client.send("SUBSCRIBE\nid:0\ndestination:/a\n\n^@")
        client.isApplicationSlow = true
        _ = client.send("SUBSCRIBE\nid:1\ndestination:/a\n\n^@")
        #expect(
            client.send("SUBSCRIBE\nid:2\ndestination:/a\n\n^@") == Self.failure("too many subscriptions"))
    }

    @Test("reads no further while the application owes answers, and bounds what comes meanwhile")
    func backPressure() {
        var client = STOMPClient.connected {
            $0.maxUnanswered = 2
            $0.limits.maxHead = 100
            $0.limits.maxBody = 100
        }
        client.isApplicationSlow = true
        let frame = "SEND\ndestination:/a\n\nhi^@"
        #expect(client.send(frame + frame + frame) == ["sent /a hi", "sent /a hi"])
        #expect(client.tell(.accept(client.unanswered.removeFirst())) == ["sent /a hi"])
        #expect(client.send(String(repeating: frame, count: 7)) == [])
        #expect(
            client.send(String(repeating: frame, count: 3))
                == Self.failure("too many frames before the answers to earlier ones"))
    }

    @Test("lets the application end the connection with a reason")
    func fails() {
        var client = STOMPClient.connected()
        #expect(client.tell(.fail(message: "going down")) == Self.failure("going down"))
    }
}
