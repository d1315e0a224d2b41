// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import Telemetry
internal import WebServer

/// One request of the API on its way through a route's handler. Lives on its shard's loop.
struct APICall {
    let shard: Shard
    let client: ClientRequest
    let identity: Identity
    let answer: Answer
    /// What stands in the path where the route has names in braces, escapes resolved.
    let parameters: [String: String]

    var services: Services { shard.services }
    var head: HTTPRequestHead { answer.head }

    /// Milliseconds since 1970.
    var now: Int64 { WallClock.system().milliseconds }

    // MARK: What was sent

    /// The members of the body; none when there is no body.
    func fields() throws(APIProblem) -> APIFields {
        let body = answer.exchange.request.body
        guard !body.isEmpty else { return APIFields([:]) }
        guard let object = (try? JSONValue(parsing: body))?.object else {
            throw .invalid("The body is not a JSON object.")
        }
        return APIFields(object)
    }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The meeting that the path names; what cannot be a code is one of which there is no meeting.
    func meetingCode() throws(APIProblem) -> MeetingCode {
        guard let code = MeetingCode(parameter("code")) else { throw .noSuchMeeting }
        return code
    }

    // MARK: Answers

    func send(_ json: JSONValue, _ status: HTTPStatus = .ok, fields: [(String, String)] = []) {
        answer.send(status, json: json, fields: fields)
    }

    func sendNothing() { answer.send(HTTPResponse(.noContent)) }

    func refuse(_ problem: APIProblem) { answer.send(HTTPResponse(problem)) }

    /// Does `body`, which is a handler or the rest of one, and answers with what it throws.
    func attempt(_ body: (APICall) throws(APIProblem) -> Void) {
        do throws(APIProblem) { try body(self) } catch { refuse(error) }
    }

    /// A completion for the store that goes on with `body` on the loop, and refuses when storage fails.
    func then<Value: Sendable>(
        _ body: @escaping @Sendable (APICall, Value) throws(APIProblem) -> Void
    ) -> @Sendable (Result<Value, StorageError>) -> Void {
        let later = LoopBound(self, on: shard.loop)
        return { result in
            later.execute { call in
                switch result {
                case .success(let value):
                    call.attempt { (call) throws(APIProblem) in try body(call, value) }
                case .failure(let error): call.refuse(error)
                }
            }
        }
    }

    /// A completion that goes on with `body` on the loop, for whatever cannot fail.
    func later<Value: Sendable>(
        _ body: @escaping @Sendable (APICall, Value) throws(APIProblem) -> Void
    ) -> @Sendable (Value) -> Void {
        let later = LoopBound(self, on: shard.loop)
        return { value in
            later.execute { call in call.attempt { (call) throws(APIProblem) in try body(call, value) } }
        }
    }

    func refuse(_ error: StorageError) {
        services.log.error("storage failed", [("why", .text(error.description))])
        refuse(.storageFailed)
    }

    /// Where the client reached this server: `https://meet.example`.
    var origin: String { "\(client.isSecure ? "https" : "http")://\(client.authority)" }
}

/// The members of a body, read one by one; null counts as left out.
struct APIFields {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    func contains(_ name: String) -> Bool { object[name] != nil }

    func isPresent(_ name: String) -> Bool { object[name].map { $0 != .null } ?? false }

    /// - Parameter longest: Characters, of at most two bytes on the average.
    func string(_ name: String, longest: Int = 1000) throws(APIProblem) -> String? {
        guard isPresent(name) else { return nil }
        guard let text = object[name]?.string, text.count <= longest, text.utf8.count <= longest * 2 else {
            throw .invalid("\(name) is a text of at most \(longest) characters.")
        }
        return text
    }

    func requiredString(_ name: String, longest: Int = 1000) throws(APIProblem) -> String {
        guard let text = try string(name, longest: longest), !text.isEmpty else {
            throw .invalid("\(name) is missing.")
        }
        return text
    }

    func bool(_ name: String) throws(APIProblem) -> Bool? {
        guard isPresent(name) else { return nil }
        guard let value = object[name]?.bool else { throw .invalid("\(name) is true or false.") }
        return value
    }

    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(APIProblem) -> Int64? {
        guard isPresent(name) else { return nil }
        guard let value = object[name]?.integer, range.contains(value) else {
            throw .invalid("\(name) is a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    /// A time from 1970 to the year 9999, in milliseconds since 1970.
    func time(_ name: String) throws(APIProblem) -> Int64? { try integer(name, 0...253_402_300_799_999) }

    /// One of the values of an enumeration, by its raw value.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, of type: Value.Type
    ) throws(APIProblem) -> Value? where Value.RawValue == String {
        guard isPresent(name) else { return nil }
        guard let text = object[name]?.string, let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("\(name) is one of \(names).")
        }
        return value
    }
}
