// SPDX-License-Identifier: Apache-2.0
import STOMP
import Signalling
import SocketIO
import Testing
import WebSocket

/// Passes messages of each client back to it, where nothing else is asked for.
private final class Broker: STOMPSessionDelegate {
    private let journal: MessageJournal

    init(_ journal: MessageJournal) { self.journal = journal }

    func stomp(_ session: STOMPSession, connecting login: STOMPLogin, _ request: STOMPRequest) {
        login.passcode == "wrong" ? request.refuse("who are you?") : request.accept()
    }
    func stomp(_ session: STOMPSession, subscribing subscription: STOMPSubscription, _ request: STOMPRequest)
    {
        request.accept()
    }
    func stomp(_ session: STOMPSession, unsubscribed subscription: STOMPSubscription) {
        journal.note("unsubscribed \(subscription.id)")
    }
    func stomp(_ session: STOMPSession, sent message: STOMPMessage, _ request: STOMPRequest) {
        request.accept()
        if !session.deliver(message, tag: .init(rawValue: 1)) { session.fail("only text goes here") }
    }
    func stomp(
        _ session: STOMPSession, settled tags: [STOMPConnection.MessageTag],
        _ settlement: STOMPConnection.Settlement
    ) {
        journal.note("\(settlement)")
    }
    func stompEnded(_ session: STOMPSession, _ end: STOMPConnection.End) { journal.note("ended \(end)") }
}

@Suite("STOMP over message sessions")
struct STOMPSessionTests {
    let server: MessageServer
    let client: RouteClient

    init() throws {
        let journal = MessageJournal()
        var options = MessageOptions()
        options.subprotocols = STOMPSession.subprotocols
        let open: MessageRoute.Opener = { _, _ in
            var settings = STOMPConnection.Settings()
            settings.heartBeat = .milliseconds(50)
            settings.server = nil
            return STOMPSession(id: "s", settings: settings, delegate: Broker(journal))
        }
        server = try MessageServer(
            [
                MessageRoute(.webSocket, at: "/stomp", options: options, open: open),
                MessageRoute(.sockJS, at: "/sockjs", options: options, open: open),
            ], journal: journal)
        client = try RouteClient(server)
    }

    private func connect(heartBeat: String = "0,0") throws {
        let answer = try client.openWebSocket(
            "/stomp", headers: ["Sec-WebSocket-Protocol: v10.stomp, v11.stomp, v12.stomp"])
        #expect(answer.headers["Sec-WebSocket-Protocol"] == "v12.stomp")
        try client.sendText("CONNECT\naccept-version:1.0,1.1,1.2\nheart-beat:\(heartBeat)\n\n\0")
        #expect(try client.message() == "CONNECTED\nversion:1.2\nheart-beat:50,50\nsession:s\n\n\0")
    }

    @Test("carries messages, receipts and acknowledgements over a WebSocket")
    func webSocket() throws {
        try connect()
        try client.sendText("SUBSCRIBE\nid:0\ndestination:/a\nack:client\nreceipt:r\n\n\0")
        #expect(try client.message() == "RECEIPT\nreceipt-id:r\n\n\0")
        // In pieces, as clients send large frames.
        let frame = "SEND\ndestination:/a\nmine:1\n\n" + String(repeating: "x", count: 40_000) + "\0"
        for piece in stride(from: 0, to: frame.utf8.count, by: 16_384) {
            try client.sendFrame(.text, Array(frame.utf8.dropFirst(piece).prefix(16_384)))
        }
        #expect(
            try client.message()
                == "MESSAGE\nmine:1\ndestination:/a\nmessage-id:1\nsubscription:0\nack:1\n"
                + "content-length:40000\n\n" + String(repeating: "x", count: 40_000) + "\0")
        try client.sendText("ACK\nid:1\n\n\0UNSUBSCRIBE\nid:0\n\n\0DISCONNECT\nreceipt:bye\n\n\0")
        #expect(try client.message() == "RECEIPT\nreceipt-id:bye\n\n\0")
        #expect(try client.message() == "close 1000")
        #expect(server.journal.all == ["acknowledged", "unsubscribed 0", "ended disconnected"])
    }

    @Test("sends bodies that are no text as bytes")
    func binary() throws {
        try connect()
        try client.sendText("SUBSCRIBE\nid:0\ndestination:/a\n\n\0")
        try client.sendFrame(.binary, Array("SEND\ndestination:/a\n\n".utf8) + [0xFF, 0])
        let (first, payload) = try client.frame()
        #expect(first == 0x82)
        #expect(payload.suffix(2) == [0xFF, 0])
    }

    @Test("beats while there is nothing to say")
    func heartBeat() throws {
        try connect(heartBeat: "0,50")
        #expect(try client.message() == "\n")
        #expect(try client.message() == "\n")
    }

    @Test("tells a client that says nothing that it is dead")
    func silence() throws {
        try connect(heartBeat: "50,0")
        #expect(try client.message() == "ERROR\nmessage:no heart-beat in time\n\n\0")
        #expect(try client.message() == "close 1000")
    }

    @Test("notices when the client is gone")
    func lost() throws {
        try connect()
        client.leave()
        #expect(server.journal.waits(for: "ended lost"))
    }

    @Test("speaks over SockJS as well")
    func sockJS() throws {
        #expect(try client.ask("POST", "/sockjs/0/a/xhr").body == "o\n")
        let connect = #"["CONNECT\naccept-version:1.1\npasscode:wrong\n\n\u0000"]"#
        #expect(try client.ask("POST", "/sockjs/0/a/xhr_send", connect).status == 204)
        #expect(
            try client.ask("POST", "/sockjs/0/a/xhr").body
                == #"a["ERROR\nmessage:who are you?\n\n\u0000"]"# + "\n")
        #expect(try client.ask("POST", "/sockjs/0/a/xhr").body == "c[1000,\"\"]\n")
        #expect(server.journal.waits(for: #"ended failed("who are you?")"#))
    }
}
