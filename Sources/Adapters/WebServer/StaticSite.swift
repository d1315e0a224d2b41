// SPDX-License-Identifier: Apache-2.0
internal import CWebBundle
public import HTTP

/// The web client's files, embedded in the program. RFC 9110 §8.8, §12.5.3, §13, §14.
public struct StaticSite: Sendable {
    private struct File: Sendable {
        var etag: String
        var identity: StaticBytes
        var gzip: StaticBytes?
        var brotli: StaticBytes?
    }

    private let files: [String: File]

    /// The client that `make web` embedded.
    public static let embedded = StaticSite(files: embeddedFiles())

    /// Whether the program was built without a client.
    public var isEmpty: Bool { files.isEmpty }

    public func isFile(_ path: String) -> Bool { files[path] != nil }

    /// The file at `path`, or `nil` for none: then the caller answers.
    /// - Parameter request: Its method is GET or HEAD; its conditions and range are honoured.
    public func respond(to request: HTTPRequestHead, path: String) -> HTTPResponse? {
        guard let file = files[path] else { return nil }
        var headers = HTTPHeaders()
        headers.set("ETag", file.etag)
        headers.set("Vary", "Accept-Encoding")
        // A name with a hash in it never means anything else.
        let isHashed = path.hasPrefix("/assets/")
        headers.set("Cache-Control", isHashed ? "public, max-age=31536000, immutable" : "no-cache")
        headers.set("Accept-Ranges", "bytes")
        if let known = request.headers["If-None-Match"],
            ETagMatch.matches(ifNoneMatch: known, etag: file.etag)
        {
            return HTTPResponse(.notModified, headers: headers)
        }
        headers.set("Content-Type", Self.type(of: path))
        if let range = request.headers["Range"], request.method == .get {
            return ranged(file, range, headers)
        }
        let (body, encoding) = variant(of: file, for: request)
        if let encoding { headers.set("Content-Encoding", encoding) }
        return HTTPResponse(.ok, headers: headers, body: .fixed(body))
    }

    private func ranged(_ file: File, _ range: String, _ headers: HTTPHeaders) -> HTTPResponse {
        var headers = headers
        switch HTTPRange.parse(range, length: file.identity.count) {
        case .whole: return HTTPResponse(.ok, headers: headers, body: .fixed(file.identity))
        case .range(let range):
            headers.set(
                "Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.identity.count)")
            return HTTPResponse(.partialContent, headers: headers, body: .fixed(file.identity[range]))
        case .unsatisfiable:
            headers.set("Content-Range", "bytes */\(file.identity.count)")
            return HTTPResponse(.rangeNotSatisfiable, headers: headers)
        }
    }

    private func variant(of file: File, for request: HTTPRequestHead) -> (StaticBytes, encoding: String?) {
        guard let accepted = request.headers["Accept-Encoding"] else { return (file.identity, nil) }
        var offered: [String] = []
        if file.brotli != nil { offered.append("br") }
        if file.gzip != nil { offered.append("gzip") }
        switch AcceptEncoding.best(of: offered, in: accepted) {
        case "br": return (file.brotli ?? file.identity, "br")
        case "gzip": return (file.gzip ?? file.identity, "gzip")
        default: return (file.identity, nil)
        }
    }

    private static func type(of path: String) -> String {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else {
            return "text/html; charset=utf-8"
        }
        return MediaType.of(pathExtension: String(path[path.index(after: dot)...]))
    }

    private static func embeddedFiles() -> [String: File] {
        var files: [String: File] = [:]
        for index in 0..<web_file_count {
            guard let entry = unsafe web_file_at(index)?.pointee else { continue }
            func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> StaticBytes? {
                guard let start = unsafe start else { return nil }
                return unsafe StaticBytes(UnsafeRawBufferPointer(start: start, count: count))
            }
            guard let path = unsafe entry.path, let etag = unsafe entry.etag,
                let identity = unsafe bytes(entry.identity, entry.identity_count)
            else { continue }
            files[unsafe String(cString: path)] = File(
                etag: unsafe String(cString: etag), identity: identity,
                gzip: unsafe bytes(entry.gzip, entry.gzip_count),
                brotli: unsafe bytes(entry.brotli, entry.brotli_count))
        }
        return files
    }
}
