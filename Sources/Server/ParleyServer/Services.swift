// SPDX-License-Identifier: Apache-2.0
internal import MeetingProtocol
internal import ServerConfig
internal import SocketIO
internal import Storage
internal import Telemetry
internal import WebServer
internal import Webhooks
internal import ZoneFiles

/// What all shards share. Values and thread-safe services only.
struct Services: Sendable {
    let config: ServerConfig
    let log: Log
    let store: any Store
    let accounts: Accounts
    let credentials: Credentials
    let seats: SeatTokens
    let invites: InviteLinks
    let links: AppointmentLinks
    let zones: ZoneFiles
    let host: HostAccess
    let site: StaticSite
    let sockets: SocketServer
    /// Where other people's protocols are spoken; the same on every shard.
    let dialects: [DialectAddress]
    let devameet: DevameetAccess
    let relay: RelayDesk
    /// `nil` where files are switched off.
    let files: FileShelf?
    /// `nil` where nobody is to be told what happens.
    let webhooks: WebhookSender?
    /// How much went on lately, what went wrong, and what the doctor says.
    let history: LoadHistory
    let trouble: RecentTrouble
    let checkup: Checkup
    /// When this run of the server began, in milliseconds since 1970.
    let startedAt: Int64
    /// Tells one run of the server from the next.
    let runID: String
    let version: String
    /// What `/metrics` asks of clients elsewhere; `nil` keeps it to this machine.
    let metricsToken: String?
}
