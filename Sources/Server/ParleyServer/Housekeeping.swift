// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import Synchronization
internal import TLS
internal import Telemetry
internal import WebServer

/// What has to be done now and then: certificates follow the machine's addresses, old chat goes.
///
/// On a thread of its own, because it reads and writes files.
final class Housekeeping: Sendable {
    private let loop: EventLoop

    private static let namesInterval = Duration.seconds(30)
    private static let sweepInterval = Duration.seconds(3600)

    init(
        config: ServerConfig, names: CertificateNames, shards: ShardSet, store: any MeetingStore, log: Log
    ) throws(StartError) {
        do throws(EventLoopError) {
            loop = try EventLoop.start(name: "parley-keeper")
        } catch {
            throw StartError(error.description)
        }
        let loop = loop
        loop.execute {
            if config.tls.mode == .local {
                CertificateKeeper(config, names, shards, log).schedule(on: loop)
            }
            Sweeper(shards, store, log).schedule(on: loop)
        }
    }

    func stop() { loop.stop() }

    /// Renews the certificate when names or addresses change, or it nears its end.
    private final class CertificateKeeper {
        private let config: ServerConfig
        private let shards: ShardSet
        private let log: Log
        private var names: CertificateNames
        private var checkedDay: Int64 = 0
        private var timer: LoopTimer?

        init(_ config: ServerConfig, _ names: CertificateNames, _ shards: ShardSet, _ log: Log) {
            self.config = config
            self.names = names
            self.shards = shards
            self.log = log
        }

        func schedule(on loop: EventLoop) {
            // The timer's action keeps the keeper: both live as long as the loop.
            timer = LoopTimer(on: loop) { [self] in
                check()
                timer?.arm(after: Housekeeping.namesInterval)
            }
            timer?.arm(after: Housekeeping.namesInterval)
        }

        private func check() {
            let current = CertificateNames.current()
            let now = WallClock.system()
            let day = now.milliseconds / 86_400_000
            guard current != names || day != checkedDay else { return }
            do throws(TLSError) {
                let certificate = try LocalAuthority.ensure(
                    folder: config.data.folder, names: current, now: now)
                names = current
                checkedDay = day
                guard certificate.change != .kept else { return }
                let context = try TLSContext(
                    certificateChainFile: certificate.certificateFile, privateKeyFile: certificate.keyFile)
                shards.executeOnAll { $0.web.tls = context }
                log.info("certificate renewed", [("change", .text("\(certificate.change)"))])
            } catch {
                log.error("certificate could not be renewed", [("why", .text(error.description))])
            }
        }
    }

    /// Deletes chat that need not be kept any longer.
    private final class Sweeper {
        private let shards: ShardSet
        private let store: any MeetingStore
        private let log: Log
        private var timer: LoopTimer?

        init(_ shards: ShardSet, _ store: any MeetingStore, _ log: Log) {
            self.shards = shards
            self.store = store
            self.log = log
        }

        func schedule(on loop: EventLoop) {
            timer = LoopTimer(on: loop) { [self] in
                sweep()
                timer?.arm(after: Housekeeping.sweepInterval)
            }
            timer?.arm(after: .seconds(60))
        }

        private func sweep() {
            let (store, log) = (store, log)
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
                    case .failure(let error): log.error("sweep failed", [("why", .text(error.description))])
                    }
                }
            }
        }
    }
}
