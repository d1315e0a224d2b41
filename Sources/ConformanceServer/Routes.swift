// SPDX-License-Identifier: Apache-2.0
import SocketIO

/// Sends back every message, or closes at once.
private final class Echo: MessageSessionDelegate {
    private let closesAtOnce: Bool

    init(closesAtOnce: Bool = false) { self.closesAtOnce = closesAtOnce }

    func sessionOpened(_ session: any MessageSession) {
        if closesAtOnce { session.close(3000, reason: "Go away!") }
    }
    func session(_ session: any MessageSession, received message: [UInt8]) { session.send(message) }
    func sessionClosed(_ session: any MessageSession, code: Int, reason: String) {}
}

/// Passes a client's messages back to its own subscriptions.
private final class Mirror: STOMPSessionDelegate {
    func stomp(_ session: STOMPSession, connecting login: STOMPLogin, _ request: STOMPRequest) {
        login.passcode == "wrong" ? request.refuse("wrong passcode") : request.accept()
    }
    func stomp(_ session: STOMPSession, subscribing subscription: STOMPSubscription, _ request: STOMPRequest)
    {
        request.accept()
    }
    func stomp(_ session: STOMPSession, sent message: STOMPMessage, _ request: STOMPRequest) {
        request.accept()
        session.deliver(message)
    }
    func stompEnded(_ session: STOMPSession, _ end: STOMPConnection.End) {}
}

/// The services that the SockJS protocol's own tests ask for, STOMP, a bare WebSocket, and events.
func messageRoutes() -> [MessageRoute] {
    var small = MessageOptions()
    small.sockJSResponseLimit = 4096
    var noWebSockets = small
    noWebSockets.sockJSUsesWebSockets = false
    var stomp = MessageOptions()
    stomp.subprotocols = STOMPSession.subprotocols
    return [
        MessageRoute(.sockJS, at: "/echo", options: small) { _, _ in Echo() },
        MessageRoute(.sockJS, at: "/disabled_websocket_echo", options: noWebSockets) { _, _ in Echo() },
        MessageRoute(.sockJS, at: "/close", options: small) { _, _ in Echo(closesAtOnce: true) },
        MessageRoute(.webSocket, at: "/stomp", options: stomp) { _, _ in STOMPSession(delegate: Mirror()) },
        MessageRoute(.sockJS, at: "/sockjs-stomp") { _, _ in STOMPSession(delegate: Mirror()) },
        MessageRoute(.webSocket, at: "/messages") { _, _ in Echo() },
        MessageRoute(.eventStream, at: "/fallback") { _, _ in Echo() },
    ]
}
