// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A redis-server of one test's own, on a socket in a folder of its own, without anything on disk.
public final class RedisServer {
    /// Where Debian puts it.
    private static let program = "/usr/bin/redis-server"

    public static var isInstalled: Bool { unsafe access(program, X_OK) == 0 }
    /// Why a test is skipped.
    public static let whySkipped: String =
        "redis-server is not installed; `scripts/install-dependencies --test` installs it"

    public struct CannotStart: Error {}

    private let folder: String
    private var process: pid_t = 0
    private let arguments: [String]

    /// Starts a server and waits until it takes connections.
    /// - Parameter extra: More arguments of redis-server, such as `--requirepass`.
    public init(_ extra: String...) throws {
        var template = Array("/tmp/parley-redis-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw CannotStart() }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        arguments =
            [
                Self.program, "--port", "0", "--unixsocket", folder + "/socket", "--save", "", "--appendonly",
                "no", "--dir", folder, "--logfile", folder + "/log",
            ] + extra
        try start()
    }

    deinit {
        stop()
        for name in ["/socket", "/log"] { unsafe unlink(folder + name) }
        unsafe rmdir(folder)
    }

    public var socketPath: String { folder + "/socket" }
    /// The URL without user and password.
    public var url: String { "unix://" + socketPath }

    /// Starts it again after ``stop()``.
    public func start() throws {
        var argv: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe argv.indices { unsafe free(argv[index]) } }
        guard unsafe posix_spawn(&process, Self.program, nil, nil, &argv, environ) == 0 else {
            throw CannotStart()
        }
        for _ in 0..<1000 {
            if answers() { return }
            usleep(5000)
        }
        stop()
        throw CannotStart()
    }

    /// A TCP port of the loopback address that nobody uses.
    public static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard unsafe bind(descriptor, $0, size) == 0, unsafe getsockname(descriptor, $0, &size) == 0
                else { return false }
                return true
            }
        } ? UInt16(bigEndian: address.sin_port) : 0
    }

    /// Kills it: no connection is ended in order.
    public func stop() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
    }

    /// Stops its time: connections stay and nothing is answered, as when it is busy for long.
    public func pause() { kill(process, SIGSTOP) }

    public func resume() { kill(process, SIGCONT) }

    private func answers() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: socketPath.utf8) }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
