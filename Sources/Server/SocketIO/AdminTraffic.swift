// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import JSON

/// Counts what admins see of one loop's traffic. Confined to the loop, and there only with an admin.
final class AdminTraffic {
    private var counts: [AdminFigures.Key: Int] = [:]
    private var pollingClients = 0
    private var timer: LoopTimer?

    /// Sends the admins figures from now on.
    func start(_ admin: Admin, on loop: EventLoop) {
        let interval = admin.options.statisticsInterval
        let timer = LoopTimer(on: loop) { [unowned self] in
            self.timer?.arm(after: interval)
            admin.sendStatistics()
        }
        timer.arm(after: interval)
        self.timer = timer
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    // MARK: What happens

    func received(_ message: EngineIOMessage) { count(.packetsIn, .bytesIn, message.count) }
    func sent(_ messages: [EngineIOMessage]) { for message in messages { sent(message.count) } }
    func sent(_ bytes: Int) { count(.packetsOut, .bytesOut, bytes) }
    func closed(_ reason: DisconnectReason) { add(1, .rawDisconnection, reason.rawValue) }

    func moved(from old: EngineIOTransport?, to new: EngineIOTransport?) {
        guard old != new else { return }
        if old == nil { add(1, .rawConnection) }
        if old == .polling { pollingClients -= 1 }
        if new == .polling { pollingClients += 1 }
    }

    private func count(_ packets: AdminFigures.Kind, _ bytes: AdminFigures.Kind, _ size: Int) {
        add(1, packets)
        add(size, bytes)
    }

    private func add(_ count: Int, _ kind: AdminFigures.Kind, _ reason: String? = nil) {
        let second = WallClock.system().milliseconds / 1000
        counts[AdminFigures.Key(second: second, kind: kind, reason: reason), default: 0] += count
    }

    /// What was counted since the last call, and what there is now.
    func take(clients: Int) -> AdminFigures {
        let figures = AdminFigures(clients: clients, pollingClients: pollingClients, counts: counts)
        counts = [:]
        return figures
    }
}

/// What admins see of a server's traffic.
struct AdminFigures: Sendable {
    /// In the official server's words.
    enum Kind: String {
        case rawConnection, rawDisconnection, packetsIn, packetsOut, bytesIn, bytesOut
    }

    struct Key: Hashable {
        let second: Int64
        let kind: Kind
        let reason: String?
    }

    var clients = 0
    var pollingClients = 0
    var counts: [Key: Int] = [:]

    mutating func add(_ other: AdminFigures) {
        clients += other.clients
        pollingClients += other.pollingClients
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// One for each second and kind, oldest first.
    var events: JSONValue {
        let order = counts.sorted {
            ($0.key.second, $0.key.kind.rawValue, $0.key.reason ?? "")
                < ($1.key.second, $1.key.kind.rawValue, $1.key.reason ?? "")
        }
        return .array(
            order.map { key, count in
                var event: JSONObject = [
                    "timestamp": .number(JSONNumber(key.second * 1000)), "type": .string(key.kind.rawValue),
                ]
                if let reason = key.reason { event["subType"] = .string(reason) }
                event["count"] = .number(JSONNumber(Int64(count)))
                return .object(event)
            })
    }
}

extension Hub {
    func takeAdminFigures() -> AdminFigures {
        traffic?.take(clients: sessionCount) ?? AdminFigures()
    }
}
