// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import JSON
import Signalling
import SocketIOPackets
import TestKit
import Testing

@Suite("Socket.IO connections")
struct SocketIOConnectionTests {
    private func fresh() -> SocketIOConnection {
        SocketIOConnection(connectTimeout: .milliseconds(1000), at: 0)
    }

    /// In the namespace `/meet`.
    private func joined() -> SocketIOConnection {
        var connection = fresh()
        _ = connection.outputs(for: .received("0/meet,"))
        _ = connection.outputs(for: .accept(namespace: "/meet", id: "s"))
        return connection
    }

    @Test("lets a client in: the answer holds the id and nothing else")
    func connect() {
        var connection = fresh()
        #expect(
            connection.outputs(for: .received(#"0/meet,{"protocol":1}"#)) == [
                .connecting(namespace: "/meet", auth: ["protocol": 1])
            ])
        #expect(
            connection.outputs(for: .accept(namespace: "/meet", id: "s")) == [
                .send(SocketIOPacket(.connect(["sid": "s"]), namespace: "/meet"))
            ])
        #expect(connection.deadline == nil)
        #expect(connection.outputs(for: .accept(namespace: "/meet", id: "t")) == [])
    }

    @Test("refuses with a message, and data only if there is some; the connection stays")
    func refuse() {
        var connection = fresh()
        _ = connection.outputs(for: .received("0/random,"))
        #expect(
            connection.outputs(
                for: .refuse(namespace: "/random", message: "Invalid namespace", data: nil)) == [
                    .send(
                        SocketIOPacket(
                            .connectError(["message": "Invalid namespace"]), namespace: "/random"))
                ])
        _ = connection.outputs(for: .received("0"))
        #expect(
            connection.outputs(for: .refuse(namespace: "/", message: "no", data: ["supported": [1]])) == [
                .send(SocketIOPacket(.connectError(["message": "no", "data": ["supported": [1]]])))
            ])
        #expect(
            connection.outputs(for: .received("0")) == [.connecting(namespace: "/", auth: nil)])
    }

    @Test("delivers events and acknowledgements")
    func events() {
        var connection = joined()
        #expect(
            connection.outputs(for: .received(#"2/meet,7["join",{"a":1}]"#)) == [
                .event(
                    namespace: "/meet", name: "join", arguments: [["a": 1]], id: .init(rawValue: 7))
            ])
        #expect(
            connection.outputs(for: .received("3/meet,9[1]")) == [
                .acknowledged(namespace: "/meet", arguments: [1], id: .init(rawValue: 9))
            ])
        #expect(connection.outputs(for: .received("2/meet,")) == [])
    }

    @Test("delivers an event with its attachments once all are there")
    func attachments() {
        var connection = joined()
        #expect(connection.outputs(for: .received(#"51-/meet,["f",{"_placeholder":true,"num":0}]"#)) == [])
        #expect(
            connection.outputs(for: .received(.binary([1]))) == [
                .event(
                    namespace: "/meet", name: "f",
                    arguments: SocketIOArguments(
                        [["_placeholder": true, "num": 0]], attachments: [[1]]), id: nil)
            ])
    }

    @Test(
        "ends the connection on anything for a namespace that was not joined",
        arguments: [
            #"2["a"]"#, "3/other,1[]", "1/other,", "0/meet,", #"2/other,["a"]"#, #"4/meet,{}"#, "junk",
            .binary([1]),
        ] as [EngineIOMessage])
    func strangers(_ message: EngineIOMessage) {
        var connection = joined()
        #expect(
            connection.outputs(for: .received(message)) == [
                .disconnected(namespace: "/meet", .parseError), .close,
            ])
        #expect(connection.outputs(for: .received(#"2/meet,["a"]"#)) == [])
        #expect(connection.outputs(for: .sessionClosed) == [])
    }

    @Test("an event while the server still decides ends the connection")
    func tooEarly() {
        var connection = fresh()
        _ = connection.outputs(for: .received("0/meet,"))
        #expect(connection.outputs(for: .received(#"2/meet,["a"]"#)) == [.close])
        #expect(connection.outputs(for: .accept(namespace: "/meet", id: "s")) == [])
    }

    @Test("the client leaves one namespace and may come back")
    func clientLeaves() {
        var connection = joined()
        #expect(connection.outputs(for: .received("1/meet,")) == [.disconnected(namespace: "/meet", .client)])
        #expect(connection.deadline == nil)
        #expect(
            connection.outputs(for: .received("0/meet,")) == [.connecting(namespace: "/meet", auth: nil)])
    }

    @Test("the server leaves a namespace and says so")
    func serverLeaves() {
        var connection = joined()
        #expect(
            connection.outputs(for: .disconnect(namespace: "/meet")) == [
                .send(SocketIOPacket(.disconnect, namespace: "/meet")),
                .disconnected(namespace: "/meet", .server),
            ])
        #expect(connection.outputs(for: .disconnect(namespace: "/meet")) == [])
    }

    @Test("a client of Engine.IO 3 is in the main namespace at once, and gets what it understands")
    func revisionThree() {
        var connection = SocketIOConnection(revision: .three, at: 0)
        #expect(connection.outputs(for: .opened) == [.connecting(namespace: "/", auth: nil)])
        #expect(
            connection.outputs(for: .accept(namespace: "/", id: "s")) == [
                .send(SocketIOPacket(.connect(nil)))
            ])
        #expect(connection.outputs(for: .received("0")) == [])
        #expect(
            connection.outputs(for: .received("0/chat?token=1,")) == [
                .connecting(namespace: "/chat", auth: nil)
            ])
        #expect(
            connection.outputs(for: .refuse(namespace: "/chat", message: "no", data: nil)) == [
                .send(SocketIOPacket(.connectError("no"), namespace: "/chat"))
            ])
    }

    @Test("the end of the session leaves every namespace, in the order they were joined")
    func sessionEnds() {
        var connection = joined()
        _ = connection.outputs(for: .received("0"))
        _ = connection.outputs(for: .accept(namespace: "/", id: "t"))
        _ = connection.outputs(for: .received("0/asking,"))
        #expect(
            connection.outputs(for: .sessionClosed) == [
                .disconnected(namespace: "/meet", .transport), .disconnected(namespace: "/", .transport),
            ])
    }

    @Test("a client that never joins a namespace is cut off, even if it keeps asking")
    func connectTimeout() {
        var connection = fresh()
        #expect(connection.deadline == 1000)
        _ = connection.outputs(for: .received("0/random,"), at: 10)
        _ = connection.outputs(for: .refuse(namespace: "/random", message: "no", data: nil), at: 10)
        #expect(connection.outputs(for: .tick, at: 999) == [])
        #expect(connection.outputs(for: .tick, at: 1000) == [.close])
        #expect(connection.deadline == nil)
    }

    @Test("bounds the number of namespaces")
    func manyNamespaces() {
        var connection = fresh()
        for number in 0..<16 {
            _ = connection.outputs(for: .received(.text(Array("0/\(number),".utf8))))
        }
        #expect(connection.outputs(for: .received("0/17,")) == [.close])
    }
}
