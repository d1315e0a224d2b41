// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import CivilTime
internal import Synchronization
internal import SystemCalls

/// The time zones this machine knows: its compiled IANA database, which the package `tzdata` keeps up
/// to date.
///
/// Not the C library's own functions: those go by one zone per process. A zone is read once and kept, so
/// that new rules need a restart.
public final class ZoneFiles: Sendable {
    public static let systemFolder = "/usr/share/zoneinfo"
    /// The largest file of the database has 4 kB.
    private static let maxBytes = 65_536
    /// More than there are zones, so that guessed names do not fill the memory.
    private static let maxKept = 1000

    private let folder: String
    private let kept = Mutex<[String: TimeZoneRules]>([:])

    public init(folder: String = ZoneFiles.systemFolder) { self.folder = folder }

    /// - Parameter name: `Europe/Lisbon`.
    /// - Returns: `nil` for a name that this machine does not know.
    public func rules(of name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        if let known = kept.withLock({ $0[name] }) { return known }
        guard Self.isName(name), let bytes = try? SmallFile.read("\(folder)/\(name)", atMost: Self.maxBytes),
            let rules = try? TimeZoneRules(decoding: bytes)
        else { return nil }
        kept.withLock { if $0.count < Self.maxKept { $0[name] = rules } }
        return rules
    }

    /// Whether it is a name of the database, and no way out of its folder. The folder's `posix`, `right` and
    /// files in small letters are other things.
    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && 1...3 ~= parts.count
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
                    return false
                }
                return part.utf8.allSatisfy(isNameByte)
            }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
