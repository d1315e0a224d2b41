// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import TLS
internal import Telemetry

/// Renews Parley's own certificate when names or addresses change, or it nears its end.
///
/// The shards are told of the authority too: a machine with a new public address has a new one, and
/// what people install from then on must be that.
final class CertificateKeeper {
    private let folder: String
    private let shards: ShardSet
    private let log: Log
    private var names: CertificateNames
    private var checkedDay: Int64 = 0

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - names: What the certificate in use was made for.
    init(folder: String, _ names: CertificateNames, _ shards: ShardSet, _ log: Log) {
        self.folder = folder
        self.names = names
        self.shards = shards
        self.log = log
    }

    /// Does nothing unless the names are others than last time, or the day is.
    func check(_ current: CertificateNames, at now: WallClock) {
        let day = now.milliseconds / 86_400_000
        guard current != names || day != checkedDay else { return }
        do throws(TLSError) {
            let certificate = try LocalAuthority.ensure(folder: folder, names: current, now: now)
            names = current
            checkedDay = day
            guard certificate.change != .kept else { return }
            let context = try TLSContext(
                certificateChainFile: certificate.certificateFile, privateKeyFile: certificate.keyFile)
            shards.executeOnAll { $0.use(context, certificate) }
            log.info("certificate renewed", [("change", .text("\(certificate.change)"))])
        } catch {
            log.error("certificate could not be renewed", [("why", .text(error.description))])
        }
    }
}

/// Serves a renewed certificate of the operator's without a restart.
final class CertificateFilesKeeper {
    private var files: CertificateFiles
    private let shards: ShardSet
    private let log: Log
    private var lastProblem = ""

    init(_ files: CertificateFiles, _ shards: ShardSet, _ log: Log) {
        self.files = files
        self.shards = shards
        self.log = log
    }

    func check() {
        do throws(TLSError) {
            guard let context = try files.changed() else { return }
            lastProblem = ""
            shards.executeOnAll { $0.use(context, nil) }
            log.info("certificate reloaded")
        } catch {
            // Said once, not at every look.
            guard error.description != lastProblem else { return }
            lastProblem = error.description
            log.error("certificate could not be reloaded", [("why", .text(error.description))])
        }
    }
}
