// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import TLS
internal import Telemetry

/// Renews Parley's own certificate when names or addresses change, or it nears its end.
///
/// Whoever serves is told of the authority too: a machine with a new public address has a new one, and
/// what people install from then on must be that.
final class CertificateKeeper {
    private let folder: String
    private let take: (TLSContext, LocalCertificate?) -> Void
    private let log: Log
    private var names: CertificateNames
    private var checkedDay: Int64 = 0
    /// The last attempt, while it has not been made good.
    private var failure: Failure?

    private struct Failure {
        var why: String
        var names: CertificateNames
        var at: WallClock
        /// Milliseconds until the next attempt.
        var pause: Int64

        /// A clock that was set back ends the pause, too.
        func isPausing(_ current: CertificateNames, at now: WallClock) -> Bool {
            names == current && (0..<pause).contains(now.milliseconds - at.milliseconds)
        }
    }

    private static let firstPause: Int64 = 30_000
    private static let longestPause: Int64 = 3_600_000

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - names: What the certificate in use was made for.
    ///   - take: Serves what is new.
    init(
        folder: String, _ names: CertificateNames, _ log: Log,
        _ take: @escaping (TLSContext, LocalCertificate?) -> Void
    ) {
        self.folder = folder
        self.names = names
        self.take = take
        self.log = log
    }

    /// Does nothing unless the names are others than last time, or the day is. What fails is tried again after
    /// pauses that grow to an hour, and at once for other names.
    func check(_ current: CertificateNames, at now: WallClock) {
        let day = now.milliseconds / 86_400_000
        guard current != names || day != checkedDay || failure != nil else { return }
        guard failure?.isPausing(current, at: now) != true else { return }
        do throws(TLSError) {
            let certificate = try LocalAuthority.ensure(folder: folder, names: current, now: now)
            // After a failure the files may be newer than what is served.
            if certificate.change != .kept || failure != nil { try use(certificate) }
            names = current
            checkedDay = day
            failure = nil
        } catch {
            failed(error, current, at: now)
        }
    }

    private func use(_ certificate: LocalCertificate) throws(TLSError) {
        let context = try TLSContext(
            certificateChainFile: certificate.certificateFile, privateKeyFile: certificate.keyFile)
        take(context, certificate)
        log.info(
            certificate.change == .kept ? "certificate loaded" : "certificate renewed",
            [("change", .text("\(certificate.change)"))])
    }

    private func failed(_ error: TLSError, _ current: CertificateNames, at now: WallClock) {
        let why = error.description
        if why != failure?.why { log.error("certificate could not be renewed", [("why", .text(why))]) }
        let pause = failure.map { min($0.pause * 2, Self.longestPause) } ?? Self.firstPause
        failure = Failure(why: why, names: current, at: now, pause: pause)
    }
}

/// Serves a renewed certificate of the operator's without a restart.
final class CertificateFilesKeeper {
    private var files: CertificateFiles
    private let take: (TLSContext, LocalCertificate?) -> Void
    private let log: Log
    private var lastProblem = ""

    init(
        _ files: CertificateFiles, _ log: Log, _ take: @escaping (TLSContext, LocalCertificate?) -> Void
    ) {
        self.files = files
        self.take = take
        self.log = log
    }

    func check() {
        do throws(TLSError) {
            guard let context = try files.changed() else { return }
            lastProblem = ""
            take(context, nil)
            log.info("certificate reloaded")
        } catch {
            // Said once, not at every look.
            guard error.description != lastProblem else { return }
            lastProblem = error.description
            log.error("certificate could not be reloaded", [("why", .text(error.description))])
        }
    }
}
