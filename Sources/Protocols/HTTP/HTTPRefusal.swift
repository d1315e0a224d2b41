// SPDX-License-Identifier: Apache-2.0

/// Why a request is not served: the answer to send before closing the connection.
///
/// Unlike a `DecodeError` it names a status, because here the peer is told.
public struct HTTPRefusal: Error, Hashable, CustomStringConvertible {
    public var status: HTTPStatus
    /// A few words for traces and for the person reading the answer; never text from the request.
    public var reason: String
    /// Fields that the answer must carry, such as `Sec-WebSocket-Version` with 426.
    public var headers: HTTPHeaders

    public init(_ status: HTTPStatus, _ reason: String, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.reason = reason
        self.headers = headers
    }

    public var description: String { "\(status.code) \(status.phrase): \(reason)" }
}

/// How much of one request a decoder takes in before it refuses.
public struct HTTPLimits: Hashable, Sendable {
    /// Request line, fields and the empty line together. Also bounds the trailers and, summed over
    /// one body, the chunk extensions.
    public var maxHeadBytes: Int
    /// Fields in the head, and again in the trailers.
    public var maxHeaders: Int
    /// Bytes of content.
    public var maxBody: Int
    public var maxTargetBytes: Int

    public init(
        maxHeadBytes: Int = 16_384, maxHeaders: Int = 100, maxBody: Int = 1_000_000,
        maxTargetBytes: Int = 8192
    ) {
        self.maxHeadBytes = maxHeadBytes
        self.maxHeaders = maxHeaders
        self.maxBody = maxBody
        self.maxTargetBytes = maxTargetBytes
    }
}
