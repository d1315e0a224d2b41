// SPDX-License-Identifier: Apache-2.0
import Glibc
import ServerConfig
import Telemetry

/// The signals that ask a server to end. Made before any thread starts.
struct Endings {
    private var signals = sigset_t()

    init() {
        Self.raiseFileLimit()
        // A peer that is gone is an error of one call, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        unsafe sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, number) }
        // So that only the wait below receives them.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Blocks until one comes, and says which.
    func wait() -> Int32 {
        var signals = signals
        var received: Int32 = 0
        unsafe sigwait(&signals, &received)
        return received
    }

    /// Every participant is a descriptor: take what the system allows.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension Log {
    /// The log that the settings ask for.
    init(_ config: ServerConfig) {
        let level: Log.Level =
            switch config.log.level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        self.init(level: level, format: config.log.format == .json ? .json : .text)
    }
}
