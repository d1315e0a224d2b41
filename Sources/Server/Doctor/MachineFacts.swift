// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ServerConfig
internal import TLS

/// Everything the checks look at, gathered at one moment. The checks themselves touch nothing, so a test can
/// put any machine before them.
struct MachineFacts: Sendable {
    enum Port: Hashable, Sendable {
        case free
        /// A Parley answers there.
        case parley
        /// Something else does.
        case taken
        /// The host name of the setting is not known.
        case unknownHost
        /// Listening failed with this error.
        case refused(Int32)
    }

    /// The certificate files that the settings or the data folder have.
    enum CertificateFiles: Sendable {
        /// TLS is off.
        case unused
        /// Parley's own: what it would do at the next start.
        case local(LocalCertificate.Change, Certificate?)
        case files(chain: [Certificate], keyMatches: Bool, keyFile: String, isKeyExposed: Bool)
        case broken(TLSError)
    }

    enum Folder: Hashable, Sendable {
        /// - owner: Whose it is, and who asks.
        case present(isWritable: Bool, owner: UInt32, user: UInt32)
        /// Missing; `parent` is the nearest folder that is there.
        case missing(parent: String, isWritable: Bool)
        case notFolder
        case unreadable(Int32)
    }

    enum File: Hashable, Sendable {
        case missing
        /// Its first bytes, at most 100.
        case present(head: [UInt8])
        /// This process has it open, and must not look at it by another way: see ``MachineFacts/init(gatheredFor:isServing:)``.
        case open
        case unreadable(Int32)
    }

    var port: Port
    /// The ports that dialects have of their own, in order.
    var dialectPorts: [UInt16: Port] = [:]
    var names: CertificateNames
    var certificate: CertificateFiles
    var now: WallClock
    /// `nil` when the system does not say.
    var isClockSynchronized: Bool?
    /// Files and connections that the program may have open.
    var openFiles: UInt64
    var folder: Folder
    /// Free bytes where the data folder is or will be; `nil` when the system does not say.
    var freeBytes: Int64?
    var database: File
    /// `nil` when no token is configured.
    var metricsToken: File?
    /// `nil` when the relay is off.
    var relay: RelayFacts?
}
