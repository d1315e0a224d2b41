// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import WebServer

/// Why a request is turned down, as problem details. RFC 9457.
struct APIProblem: Error {
    static let contentType = "application/problem+json"

    var status: HTTPStatus
    /// A stable name for programs: `no-such-meeting`.
    var code: String
    /// A sentence for people.
    var detail: String
    /// More members of the answer.
    var members: JSONObject
    /// More header fields of the answer.
    var fields: [(String, String)]

    init(
        _ status: HTTPStatus, _ code: String, _ detail: String, members: JSONObject = [:],
        fields: [(String, String)] = []
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members
        self.fields = fields
    }

    /// A body, path or query that is not as the document says.
    static func invalid(_ detail: String) -> APIProblem { APIProblem(.badRequest, "invalid-request", detail) }

    static let notSignedIn = APIProblem(
        .unauthorized, "not-signed-in", "Sign in first.",
        fields: [("WWW-Authenticate", "Bearer realm=\"parley\"")])
    static let notAllowed = APIProblem(.forbidden, "not-allowed", "Your account may not do that.")
    static let tooFast = APIProblem(
        .tooManyRequests, "too-many-requests", "That was too fast. Try again in a moment.")
    static let storageFailed = APIProblem(
        .serviceUnavailable, "storage-failed", "The server cannot reach its storage just now.")
}

extension HTTPResponse {
    init(_ status: HTTPStatus, json: JSONValue) {
        self.init(status, text: json.formatted, type: "application/json")
        headers.set("Cache-Control", "no-store")
    }

    /// An error as everything here words it: a stable name and a sentence. The type says that there is
    /// nothing more to learn than the status and the name tell. RFC 9457 §4.2.1
    init(_ problem: APIProblem) {
        var object: JSONObject = [
            "type": "about:blank", "title": .string(problem.status.phrase),
            "status": .number(JSONNumber(Int64(problem.status.code))), "detail": .string(problem.detail),
            "code": .string(problem.code),
        ]
        for (name, value) in problem.members.members { object[name] = value }
        self.init(problem.status, text: JSONValue.object(object).formatted, type: APIProblem.contentType)
        headers.set("Cache-Control", "no-store")
        for (name, value) in problem.fields { headers.set(name, value) }
    }
}
