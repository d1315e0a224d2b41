// SPDX-License-Identifier: Apache-2.0
import Glibc
import ServerConfig

/// What the program is told by the system rather than by its arguments.
enum SystemFiles {
    /// A configuration is a few kilobytes; what is larger is another file.
    private static let maxBytes = 1 << 20

    /// The variables the program was started with. Swift shows no safe `environ`, and the kernel keeps them here.
    static func environment() -> [String: String] {
        guard case .bytes(let bytes) = read("/proc/self/environ") else { return [:] }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            let pair = String(decoding: entry, as: UTF8.self)
                .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // The first of two wins, as in getenv(3).
            if pair.count == 2, variables[String(pair[0])] == nil {
                variables[String(pair[0])] = String(pair[1])
            }
        }
        return variables
    }

    @Sendable static func readConfiguration(_ path: String) -> ConfigLayers.File {
        switch read(path) {
        case .bytes(let bytes): .text(bytes)
        case .failed(ENOENT), .failed(ENOTDIR): .missing
        case .failed(let code):
            .unreadable("cannot read this file: \(unsafe String(cString: strerror(code)))")
        }
    }

    /// One clause that says why a file cannot be read; `nil` when it can.
    @Sendable static func whyUnusable(_ path: String) -> String? {
        guard case .failed(let code) = read(path) else { return nil }
        return unsafe String(cString: strerror(code)).lowercased()
    }

    private enum Content {
        case bytes([UInt8])
        case failed(Int32)
    }

    private static func read(_ path: String) -> Content {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failed(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failed(errno) }
            guard count > 0 else { return .bytes(bytes) }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else { return .failed(EFBIG) }
        }
    }
}
