// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import Telemetry
internal import WebServer

/// What all shards share. Values and thread-safe services only.
struct Services: Sendable {
    let config: ServerConfig
    let log: Log
    let store: any MeetingStore
    let seats: SeatTokens
    let host: HostAccess
    let site: StaticSite
    /// Tells one run of the server from the next.
    let runID: String
    let version: String
    /// What `/metrics` asks of clients elsewhere; `nil` keeps it to this machine.
    let metricsToken: String?
    /// The certificate authority that people may want to trust; `nil` when there is none of ours.
    let authority: AuthorityFile?

    struct AuthorityFile: Sendable {
        let pem: [UInt8]
        let fingerprint: String
    }
}
