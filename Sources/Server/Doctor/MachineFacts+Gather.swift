// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import ServerConfig
internal import TLS

extension MachineFacts {
    /// Looks at this machine.
    ///
    /// A server that examines itself leaves its database alone: to open and close it here would drop the locks of the
    /// connection that this process has, other programs would take the database for unused and delete its journal,
    /// and what the server writes from then on would be lost. <https://www.sqlite.org/howtocorrupt.html> §2.2
    /// - Parameter isServing: Whether this process is the server.
    init(gatheredFor config: ServerConfig, isServing: Bool = false) {
        now = .system()
        let synchronized = cnet_clock_is_synchronized()
        isClockSynchronized = synchronized < 0 ? nil : synchronized == 1
        names = .current()
        port = PortProbe.look(at: config.http.listen)
        let ports = Set(config.dialects.choices.flatMap(\.ports)).subtracting([0])
        let host = config.http.listen.host
        dialectPorts = Dictionary(
            uniqueKeysWithValues: ports.map { ($0, PortProbe.look(at: ListenAddress(host: host, port: $0))) })
        certificate = Self.certificate(for: config, names: names, now: now)
        openFiles = Self.openFileLimit()
        folder = Self.folder(at: config.data.folder)
        freeBytes = Self.freeBytes(at: config.data.folder)
        database = isServing ? .open : Self.file(at: config.data.database)
        metricsToken = config.metrics.tokenFile.map(Self.file)
    }

    /// The hard limit: `parley serve` raises its own limit to it.
    private static func openFileLimit() -> UInt64 {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        return unsafe getrlimit(resource, &limit) == 0 ? UInt64(limit.rlim_max) : .max
    }

    static func certificate(
        for config: ServerConfig, names: CertificateNames, now: WallClock
    ) -> CertificateFiles {
        do throws(TLSError) {
            switch config.tls.mode {
            case .off: return .unused
            case .local:
                let folder = config.data.folder
                let change = try LocalAuthority.inspect(folder: folder, names: names, now: now)
                let leaf = try? Certificate.chain(inFile: LocalAuthority.certificateFile(in: folder)).first
                return .local(change, leaf)
            case .files:
                let keyFile = config.tls.key ?? ""
                let chain = try Certificate.chain(inFile: config.tls.certificate ?? "")
                let key = try PrivateKey(file: keyFile)
                return .files(
                    chain: chain, keyMatches: chain.first.map(key.matches) ?? false, keyFile: keyFile,
                    isKeyExposed: status(of: keyFile).map { $0.st_mode & 0o007 != 0 } ?? false)
            }
        } catch {
            return .broken(error)
        }
    }
}

// MARK: Files and folders

extension MachineFacts {
    /// `nil` with `errno` set when there is nothing at `path`, or nothing that may be looked at.
    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    private static func isWritable(_ path: String) -> Bool {
        // As the effective user, unlike access(2).
        unsafe faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0
    }

    static func folder(at path: String) -> Folder {
        guard let status = status(of: path) else {
            guard errno == ENOENT else { return .unreadable(errno) }
            let parent = nearestFolder(to: path)
            let canBeMade = unsafe isWritable(parent) && cnet_is_kernel_folder(parent) == 0
            return .missing(parent: parent, isWritable: canBeMade)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .notFolder }
        return .present(isWritable: isWritable(path), owner: status.st_uid, user: geteuid())
    }

    /// The folder itself, or the nearest one above it that is there.
    private static func nearestFolder(to path: String) -> String {
        var path = path
        while status(of: path) == nil {
            while path.last == "/" { path.removeLast() }
            guard let slash = path.lastIndex(of: "/") else { return "." }
            path = String(path[...slash])
            if path == "/" { break }
        }
        return path
    }

    static func freeBytes(at path: String) -> Int64? {
        var status = statvfs()
        guard unsafe statvfs(nearestFolder(to: path), &status) == 0 else { return nil }
        let (bytes, isTooLarge) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return isTooLarge ? .max : Int64(clamping: bytes)
    }

    static func file(at path: String) -> File {
        // Not blocking: a pipe by this name must not hold up the doctor.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return errno == ENOENT ? .missing : .unreadable(errno) }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 100)
        let count = unsafe read(descriptor, &head, head.count)
        return count < 0 ? .unreadable(errno) : .present(head: Array(head[..<count]))
    }
}
