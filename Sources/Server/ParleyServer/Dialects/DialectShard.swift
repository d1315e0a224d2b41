// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import MeetingProtocol
internal import SocketIO
internal import SystemCalls
internal import TLS
internal import WebServer

/// What one shard has of the dialects: its clients, the engines that live here, and its part of every
/// address.
final class DialectShard {
    private unowned let shard: Shard
    var clients: DialectClients
    private var runners: [DialectKey: any DialectRunner] = [:]
    /// In the order of ``Services/dialects``.
    let sites: [DialectSite]

    init(_ shard: Shard) {
        self.shard = shard
        clients = DialectClients(on: shard.index)
        sites = shard.services.dialects.enumerated().map {
            DialectSite($0.element, index: $0.offset, on: shard)
        }
    }

    // MARK: Engines

    /// The shard that runs a dialect's engine. Lists that all its clients see keep it in one place.
    static func home(of key: DialectKey, among count: Int) -> Int {
        (DialectKey.allCases.firstIndex(of: key) ?? 0) % max(1, count)
    }

    private func tell(_ key: DialectKey, _ body: @escaping @Sendable (any DialectRunner) -> Void) {
        shard.shards.execute(on: Self.home(of: key, among: shard.shards.count)) { home in
            if let runner = home.dialects.runner(of: key) { body(runner) }
        }
    }

    private func runner(of key: DialectKey) -> (any DialectRunner)? {
        if let known = runners[key] { return known }
        let runner = makeRunner(of: key, on: shard)
        runners[key] = runner
        return runner
    }

    // MARK: Clients

    /// Makes `carrier` a client of a dialect.
    func enter(_ key: DialectKey, _ description: DialectClient, _ carrier: any DialectCarrier) -> ClientID {
        let client = clients.add(carrier)
        tell(key) { $0.connected(client, description) }
        return client
    }

    func forward(_ event: DialectEvent, of client: ClientID, to key: DialectKey) {
        tell(key) { $0.received(event, from: client) }
    }

    /// Asks the dialect on behalf of one of its routes, not of a client.
    func ask(_ event: DialectEvent, by asker: ClientID, of key: DialectKey) {
        tell(key) { $0.asked(event, by: asker) }
    }

    func leave(_ key: DialectKey, _ client: ClientID) {
        clients.remove(client)
        tell(key) { $0.disconnected(client) }
    }

    /// A meeting is over. It is a room of devameet, too.
    func end(_ meeting: MeetingCode) {
        guard shard.services.dialects.contains(where: { $0.keys.contains(.devameet) }) else { return }
        tell(.devameet) { $0.ended(room: meeting.text) }
    }

    // MARK: Addresses

    /// The part of a path of the main address that is a dialect's; `nil` for other paths.
    func site(for path: String) -> DialectSite? {
        guard path.hasPrefix(DialectAddress.root) else { return nil }
        return sites.first { site in
            let prefix = site.address.prefix
            guard !prefix.isEmpty, path.hasPrefix(prefix) else { return false }
            let next = path.utf8.dropFirst(prefix.utf8.count).first
            return next == nil || next == UInt8(ascii: "/")
        }
    }

    func use(_ context: TLSContext?) {
        for site in sites { site.web?.tls = context }
    }

    func drain(over longest: Duration) {
        for site in sites { site.drain(over: longest) }
    }

    var sessionCount: Int { sites.reduce(0) { $0 + $1.sessionCount } }
    var openConnections: Int { sites.reduce(0) { $0 + ($1.web?.counters.open ?? 0) } }

    func stopAccepting() {
        for site in sites { site.web?.stopAccepting() }
    }

    func closeAll() {
        for site in sites { site.web?.closeAll() }
    }
}

/// The engine of a dialect, and where it finds what it asks for.
private func makeRunner(of key: DialectKey, on shard: Shard) -> (any DialectRunner)? {
    switch key {
    case .noomChat: DialectHost(NoomChat(), on: shard)
    case .noomRooms: DialectHost(NoomRooms(), on: shard)
    case .noomVideo: DialectHost(NoomVideo(), on: shard)
    case .bunch: DialectHost(Bunch(), on: shard)
    case .devameet:
        DialectHost(Devameet(), on: shard) { question, found in
            shard.services.devameet.answer(question, on: shard, found)
        }
    case .ycyw: DialectHost(YCYW(), on: shard)
    case .ycywSTOMP: DialectHost(YCYWSTOMP(), on: shard)
    case .ycywNetty: DialectHost(YCYWNetty(), on: shard)
    case .telelegal: makeTeleLegal(on: shard)
    }
}

private func makeTeleLegal(on shard: Shard) -> any DialectRunner {
    let office = TeleLegalOffice(shard)
    return DialectHost(TeleLegal(), on: shard) { question, found in office.answer(question, found) }
}
