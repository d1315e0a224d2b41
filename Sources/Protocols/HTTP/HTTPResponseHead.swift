// SPDX-License-Identifier: Apache-2.0

/// Status line and fields of an answer; adds no field by itself. RFC 9112 §4.
public struct HTTPResponseHead: Hashable, Sendable {
    public var status: HTTPStatus
    public var headers: HTTPHeaders

    public init(_ status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.headers = headers
    }

    /// Appends the head with its empty line. The version is always HTTP/1.1, also to older clients:
    /// it says what the server speaks. RFC 9110 §2.5.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "HTTP/1.1 ".utf8)
        bytes.append(contentsOf: String(status.code).utf8)
        bytes.append(ASCII.space)
        bytes.append(contentsOf: status.phrase.utf8.lazy.map { $0 < ASCII.space ? ASCII.space : $0 })
        bytes.append(ASCII.cr)
        bytes.append(ASCII.lf)
        headers.encode(into: &bytes)
        bytes.append(ASCII.cr)
        bytes.append(ASCII.lf)
    }
}
