// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import ServerConfig
internal import Storage
internal import SystemCalls
internal import TLS
internal import Telemetry
internal import WebServer

/// What has to be done now and then: certificates follow the machine's addresses, old chat goes.
///
/// On a thread of its own, because it reads and writes files.
final class Housekeeping: Sendable {
    private let loop: EventLoop

    init() throws(StartError) {
        do throws(SystemCallError) {
            loop = try EventLoop.start(name: "parley-keeper")
        } catch {
            throw StartError(error.description)
        }
    }

    /// Hands over a new certificate when the operator's files change, or Parley's own is renewed.
    /// - Parameter names: What the certificate in use was made for.
    func keepCertificates(
        _ config: ServerConfig, _ names: CertificateNames, _ log: Log,
        _ take: @escaping @Sendable (TLSContext, LocalCertificate?) -> Void
    ) {
        let loop = loop
        loop.execute {
            switch config.tls.mode {
            case .files:
                let files = CertificateFiles(
                    certificateChainFile: config.tls.certificate ?? "", privateKeyFile: config.tls.key ?? "")
                let keeper = CertificateFilesKeeper(files, log, take)
                Self.repeatedly(on: loop, after: .seconds(10), every: .seconds(10)) { keeper.check() }
            case .local:
                let keeper = CertificateKeeper(folder: config.data.folder, names, log, take)
                Self.repeatedly(on: loop, after: .seconds(30), every: .seconds(30)) {
                    keeper.check(.current(), at: .system())
                }
            case .off: break
            }
        }
    }

    /// Reads the relay's files of secrets and users again, in case that they change.
    func keepAccess(of relay: RelayHost) {
        let loop = loop
        loop.execute {
            Self.repeatedly(on: loop, after: .seconds(5), every: .seconds(5)) { relay.readFiles() }
        }
    }

    /// Deletes chat that need not be kept any longer, every hour.
    func sweepStore(_ shards: ShardSet, _ services: Services) {
        let loop = loop
        loop.execute {
            Self.repeatedly(on: loop, after: .seconds(60), every: .seconds(3600)) {
                Self.sweep(shards, services)
            }
        }
    }

    /// Notes every few seconds how much goes on.
    func watch(_ shards: ShardSet, _ history: LoadHistory) {
        let loop = loop
        loop.execute {
            Self.repeatedly(on: loop, after: .seconds(1), every: .seconds(LoadSeries.interval)) {
                Gathering.collect(from: shards, of: ShardReading.init) { history.take(ShardReading.sum($0)) }
            }
        }
    }

    func stop() { loop.stop() }

    /// The timer and its action keep each other, for as long as the process lives.
    private static func repeatedly(
        on loop: EventLoop, after delay: Duration, every interval: Duration, _ action: @escaping () -> Void
    ) {
        var timer: LoopTimer?
        timer = LoopTimer(on: loop) {
            action()
            timer?.arm(after: interval)
        }
        timer?.arm(after: delay)
    }

    /// Deletes chat that need not be kept any longer.
    static func sweep(
        _ shards: ShardSet, _ services: Services,
        _ done: @escaping StorageCompletion<SweepCounts> = { _ in }
    ) {
        let (store, log) = (services.store, services.log)
        Gathering.collect(from: shards, of: \.rooms.openCodes) { codes in
            let active = codes.reduce(into: Set()) { $0.formUnion($1) }
            store.sweep(now: WallClock.system().milliseconds, active: active) { result in
                switch result {
                case .success(let counts):
                    log.debug(
                        "swept",
                        [
                            ("messages", .number(Int64(counts.messages))),
                            ("meetings", .number(Int64(counts.meetings))),
                        ])
                    sweepFiles(services)
                case .failure(let error): log.error("sweep failed", [("why", .text(error.description))])
                }
                done(result)
            }
        }
    }

    /// After the chat: files whose messages went go with them.
    private static func sweepFiles(_ services: Services) {
        guard let shelf = services.files else { return }
        services.store.files { result in
            switch result {
            case .success(let kept): shelf.sweep(keeping: kept, now: WallClock.system().milliseconds)
            case .failure(let error):
                services.log.error("files could not be swept", [("why", .text(error.description))])
            }
        }
    }
}
