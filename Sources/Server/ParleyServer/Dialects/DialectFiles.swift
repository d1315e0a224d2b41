// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import HTTP
internal import SystemCalls
internal import WebServer

/// A folder of somebody's pages, served as it is. For people who write a page: files are read anew for
/// every request, and are small.
struct DialectFiles: Sendable {
    /// Endings of what courses keep beside their pages and would not want to show.
    private static let hidden: Set<String> = [
        "key", "pem", "crt", "p12", "pfx", "env", "sqlite", "db", "log",
    ]
    private static let servers: Set<String> = ["server.js", "package.json", "package-lock.json"]
    private static let maxBytes = 16 << 20

    private let folder: String

    init(_ folder: String) { self.folder = folder }

    var isThere: Bool {
        unsafe access(folder + "/.", R_OK | X_OK) == 0
    }

    /// - Returns: `nil` where there is nothing to be shown.
    func response(to path: String) -> HTTPResponse? {
        guard let relative = Self.relative(path) else { return nil }
        let names = relative.isEmpty ? ["index.html", "home.html"] : [relative, relative + "/index.html"]
        for name in names {
            let file = folder + "/" + name
            guard isInside(file), let bytes = try? SmallFile.read(file, atMost: Self.maxBytes) else {
                continue
            }
            var response = HTTPResponse(.ok, headers: HTTPHeaders(), body: .bytes(bytes))
            let ending = name.split(separator: ".").last.map(String.init) ?? ""
            response.headers.set("Content-Type", MediaType.of(pathExtension: ending))
            response.headers.set("Cache-Control", "no-cache")
            return response
        }
        return nil
    }

    /// The path without its first slash; `nil` for what leads elsewhere or is nobody's business.
    private static func relative(_ path: String) -> String? {
        guard let decoded = PercentCoding.decode(path) else { return nil }
        let parts = decoded.split(separator: "/")
        guard !decoded.utf8.contains(0), !decoded.contains("\\"),
            parts.allSatisfy({ !$0.hasPrefix(".") && $0 != "node_modules" })
        else { return nil }
        if let last = parts.last {
            let ending = last.split(separator: ".").last.map { $0.lowercased() } ?? ""
            guard !hidden.contains(ending) else { return nil }
            // Only at the top, where the server's own script lies; `public/js/app.js` is the page's.
            if parts.count == 1, servers.contains(last.lowercased()) { return nil }
        }
        return parts.joined(separator: "/")
    }

    /// Whether what is there, links followed, is a plain file in the folder.
    private func isInside(_ file: String) -> Bool {
        guard let root = Self.resolved(folder), let real = Self.resolved(file) else { return false }
        // A pipe would be waited for.
        var status = stat()
        guard real.hasPrefix(root + "/"), unsafe stat(real, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}
