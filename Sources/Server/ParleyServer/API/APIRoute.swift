// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// One thing the API does: how it is asked for, by whom, what it answers, and who does it.
///
/// The router dispatches from these and `openapi.json` is made from them, so neither can know a route that
/// the other does not.
struct APIRoute: Sendable {
    /// Who may ask.
    enum Access: Sendable {
        case anyone
        /// Somebody with an account.
        case account
        /// Somebody with an account of any role, or the browser that opened the host link.
        case host
        /// An account whose role is professional or admin.
        case professional
        /// An account whose role is admin, or the browser that opened the host link.
        case admin
        /// Whoever shows a token that the route checks itself; sessions mean nothing here.
        case ownToken
    }

    /// What a route answers when all is well.
    struct Success: Sendable {
        let status: HTTPStatus
        /// `nil` for an answer without content.
        let type: String?
        /// The name of the answer's schema among ``APISchemas``; JSON only.
        let schema: String?

        static func json(_ schema: String, _ status: HTTPStatus = .ok) -> Success {
            Success(status: status, type: "application/json", schema: schema)
        }
        static func file(_ type: String) -> Success { Success(status: .ok, type: type, schema: nil) }
        static let nothing = Success(status: .noContent, type: nil, schema: nil)
    }

    /// What a route wants to be sent.
    struct Content: Sendable {
        var type = "application/json"
        let schema: String
        let isRequired: Bool

        static func json(_ schema: String) -> Content { Content(schema: schema, isRequired: true) }
        static let bytes = Content(type: "application/octet-stream", schema: "Bytes", isRequired: true)
        static func optional(_ schema: String) -> Content { Content(schema: schema, isRequired: false) }
    }

    typealias Handler = @Sendable (APICall) throws(APIProblem) -> Void

    let method: HTTPMethod
    /// Below `/api/v1`, with names in braces for what varies: `/meetings/{code}`.
    let path: String
    /// What it does, in the imperative, without a full stop.
    let summary: String
    let access: Access
    /// Parameters of the query: name, meaning.
    let query: [(String, String)]
    let content: Content?
    let success: Success
    /// Errors of its own: code and status. What any route may answer is not repeated.
    let problems: [(String, HTTPStatus)]
    let handler: Handler
    let segments: [Segment]

    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    init(
        _ method: HTTPMethod, _ path: String, _ summary: String, _ access: Access,
        query: [(String, String)] = [], content: Content? = nil, success: Success,
        problems: [(String, HTTPStatus)] = [], _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.query = query
        self.content = content
        self.success = success
        self.problems = problems
        self.handler = handler
        segments = path.split(separator: "/").map { part in
            part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    var parameterNames: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// What the braces stand for in `parts`; `nil` when the path is another.
    func match(_ parts: [String]) -> [String: String]? {
        guard parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text): guard text == part else { return nil }
            case .parameter(let name): values[name] = part
            }
        }
        return values
    }
}

/// Every route of the API.
struct APIRouteTable: Sendable {
    static let prefix = "/api/v1"
    static let shared = APIRouteTable(
        ServerRoutes.all + SessionRoutes.all + UserRoutes.all + MeetingRoutes.all + InviteRoutes.all
            + AppointmentRoutes.all + RelayRoutes.all + FileRoutes.all + AdminRoutes.all + WebhookRoutes.all)

    let routes: [APIRoute]

    init(_ routes: [APIRoute]) { self.routes = routes }

    enum Found {
        case route(APIRoute, [String: String])
        /// The path is there for other methods.
        case methods([HTTPMethod])
        case nothing
    }

    /// - Parameter path: As sent.
    func find(_ method: HTTPMethod, _ path: String) -> Found {
        guard path.hasPrefix(Self.prefix + "/") else { return .nothing }
        // Empty parts stay: `/api/v1//server` is no other spelling of a route.
        let rest = path.dropFirst(Self.prefix.count + 1)
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let matches = routes.compactMap { route in route.match(parts).map { (route, $0) } }
        // A path that is spelled out wins over one with a name in that place: `/users/me`.
        guard let fewest = matches.map(\.1.count).min() else { return .nothing }
        let best = matches.filter { $0.1.count == fewest }
        if let (route, values) = best.first(where: { $0.0.method == method }) { return .route(route, values) }
        return .methods(best.map(\.0.method))
    }
}
