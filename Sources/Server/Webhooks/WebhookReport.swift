// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How a receiver of webhooks does, since the server was started. Times are milliseconds since 1970.
public struct WebhookReport: Hashable, Sendable {
    /// Its address without what follows a question mark, which may be secret.
    public let address: String
    /// When it took something last.
    public internal(set) var takenAt: Int64?
    /// When it took something not, and why.
    public internal(set) var failedAt: Int64?
    public internal(set) var reason: String?
    /// Events that it is still to be told, and when the next of them is tried.
    public internal(set) var waiting = 0
    public internal(set) var nextTryAt: Int64?
    /// Events that it never took.
    public internal(set) var dropped = 0
    /// It answered that it wants nothing any more.
    public internal(set) var isClosed = false

    init(address: String) { self.address = address }
}

/// Where a receiver keeps its report: read without waiting for a receiver that does not answer.
final class WebhookBoard: Sendable {
    private let report: Mutex<WebhookReport>

    init(address: String) { report = Mutex(WebhookReport(address: address)) }

    var current: WebhookReport { report.withLock { $0 } }

    func note(_ change: (inout WebhookReport) -> Void) { report.withLock { change(&$0) } }
}
