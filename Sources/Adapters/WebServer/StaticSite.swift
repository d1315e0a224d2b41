// SPDX-License-Identifier: Apache-2.0
internal import CWebBundle
public import HTTP

/// The web client's files, embedded in the program. RFC 9110 §8.8, §12.5.3, §13, §14.
public struct StaticSite: Sendable {
    /// One file and what it is when compressed, where that pays.
    public struct File: Sendable {
        /// The tag of the plain bytes, quotes and all.
        var etag: String
        var identity: StaticBytes
        var gzip: StaticBytes?
        var brotli: StaticBytes?
        /// In the order in which they lie in the plain bytes; they do not overlap.
        var places: [Place]

        public init(
            etag: String, identity: StaticBytes, gzip: StaticBytes? = nil, brotli: StaticBytes? = nil,
            places: [Place] = []
        ) {
            self.etag = etag
            self.identity = identity
            self.gzip = gzip
            self.brotli = brotli
            self.places = places
        }

        /// Other bytes need another tag, or a client could join parts of two encodings.
        func etag(for encoding: String?) -> String {
            guard let encoding else { return etag }
            return "\(etag.dropLast())-\(encoding)\""
        }
    }

    /// A person's own choice of a language, kept by their browser; the pages write it, too.
    public static let languageCookie = "parley-language"

    var files: [String: File]
    /// Pages in other languages than English: by tag, then by the path of the English one.
    var translations: [String: [String: File]]
    /// Tags of the languages, English first.
    private let languages: [String]

    /// - Parameter files: By path; those under `/assets/` never change. A folder with a page of its own, such as
    ///   `/de/`, holds the pages in that language; they are served in the place of the English ones.
    public init(files: [String: File]) {
        var originals = files
        var translations: [String: [String: File]] = [:]
        let folders = files.keys.filter {
            $0.count > 1 && $0.hasSuffix("/") && !$0.dropFirst().dropLast().contains("/")
        }
        for folder in folders {
            var pages: [String: File] = [:]
            for (path, file) in files where path.hasPrefix(folder) {
                pages[String(path.dropFirst(folder.count - 1))] = file
                originals[path] = nil
            }
            translations[String(folder.dropFirst().dropLast())] = pages
        }
        self.files = originals
        self.translations = translations
        languages = ["en"] + translations.keys.sorted()
    }

    /// The client that `make web` embedded.
    public static let embedded = StaticSite(files: embeddedFiles())

    /// Whether the program was built without a client.
    public var isEmpty: Bool { files.isEmpty }

    public func isFile(_ path: String) -> Bool { files[path] != nil }

    /// The file at `path`, or `nil` for none: then the caller answers.
    /// - Parameter request: Its method is GET or HEAD; its conditions and range are honoured.
    public func respond(to request: HTTPRequestHead, path: String) -> HTTPResponse? {
        guard let original = files[path] else { return nil }
        var headers = HTTPHeaders()
        let file = translated(original, path, for: request, &headers)
        let part = requestedPart(of: file, request)
        // A part is one of the plain bytes.
        let (body, encoding) = part == .whole ? variant(of: file, for: request) : (file.identity, nil)
        let etag = file.etag(for: encoding)
        headers.set("ETag", etag)
        // A name with a hash in it never means anything else.
        let isHashed = path.hasPrefix("/assets/")
        headers.set("Cache-Control", isHashed ? "public, max-age=31536000, immutable" : "no-cache")
        headers.set("Accept-Ranges", "bytes")
        if let known = request.headers["If-None-Match"],
            ETagMatch.matches(ifNoneMatch: known, etag: etag)
        {
            return HTTPResponse(.notModified, headers: headers)
        }
        headers.set("Content-Type", Self.type(of: path))
        switch part {
        case .whole:
            if let encoding { headers.set("Content-Encoding", encoding) }
            return HTTPResponse(.ok, headers: headers, body: .fixed(body))
        case .range(let range):
            headers.set("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(body.count)")
            return HTTPResponse(.partialContent, headers: headers, body: .fixed(body[range]))
        case .unsatisfiable:
            headers.set("Content-Range", "bytes */\(body.count)")
            return HTTPResponse(.rangeNotSatisfiable, headers: headers)
        }
    }

    /// The page in the language of the person, or what was there; says in `headers` what that depends on.
    private func translated(
        _ original: File, _ path: String, for request: HTTPRequestHead, _ headers: inout HTTPHeaders
    ) -> File {
        guard translations.values.contains(where: { $0[path] != nil }) else {
            headers.set("Vary", "Accept-Encoding")
            return original
        }
        headers.set("Vary", "Accept-Encoding, Accept-Language, Cookie")
        let language = language(for: request, &headers)
        headers.set("Content-Language", language)
        return translations[language]?[path] ?? original
    }

    /// What the address says, which is kept; else what was chosen before, else what the browser asks for.
    private func language(for request: HTTPRequestHead, _ headers: inout HTTPHeaders) -> String {
        if let asked = request.query["lang"], let tag = AcceptLanguage.best(of: languages, in: asked) {
            let year = 365 * 24 * 60 * 60
            headers.set(
                "Set-Cookie", "\(Self.languageCookie)=\(tag); Path=/; Max-Age=\(year); SameSite=Lax")
            return tag
        }
        let cookies = request.headers["Cookie"].map(Cookies.parse) ?? []
        if let chosen = cookies.first(where: { $0.0 == Self.languageCookie })?.1, languages.contains(chosen) {
            return chosen
        }
        return request.headers["Accept-Language"].flatMap { AcceptLanguage.best(of: languages, in: $0) }
            ?? "en"
    }

    private func requestedPart(of file: File, _ request: HTTPRequestHead) -> HTTPRange {
        guard request.method == .get, let range = request.headers["Range"] else { return .whole }
        // The client holds a part of something else, or names it by a date, which no file here has.
        if let held = request.headers["If-Range"], held != file.etag { return .whole }
        return HTTPRange.parse(range, length: file.identity.count)
    }

    private func variant(of file: File, for request: HTTPRequestHead) -> (StaticBytes, encoding: String?) {
        var offered: [String] = []
        if file.brotli != nil { offered.append("br") }
        if file.gzip != nil { offered.append("gzip") }
        switch AcceptEncoding.best(of: offered, in: request.headers["Accept-Encoding"]) {
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
                brotli: unsafe bytes(entry.brotli, entry.brotli_count),
                places: unsafe places(of: entry))
        }
        return files
    }

    private static func places(of entry: web_file) -> [Place] {
        unsafe UnsafeBufferPointer(start: entry.places, count: entry.place_count).compactMap { place in
            guard let kind = unsafe Place.Kind(rawValue: String(cString: place.kind)) else { return nil }
            let lines =
                unsafe place.words.map { unsafe String(cString: $0) }?
                .split(separator: "\n").map(String.init) ?? []
            let words = stride(from: 0, to: lines.count - 1, by: 2).map { (lines[$0], lines[$0 + 1]) }
            let range = unsafe place.start..<place.start + place.count
            return Place(kind, range, words: Dictionary(words) { first, _ in first })
        }
    }
}
