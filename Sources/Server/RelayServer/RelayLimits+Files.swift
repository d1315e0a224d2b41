// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import TURNRelay

extension RelayLimits {
    /// The same, with no more allocations than there are descriptors for: each is a socket of its own, and the
    /// meetings need some, too.
    ///
    /// - Parameter files: How many descriptors the process may have.
    public func fitting(files: Int) -> RelayLimits {
        var limits = self
        limits.total = min(total, max(files - max(files / 8, 128), 1))
        limits.perAddress = min(perAddress, limits.total)
        return limits
    }

    /// How many descriptors this process may have (RLIMIT_NOFILE); `nil` if the system does not tell.
    public static var fileLimit: Int? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }
}
