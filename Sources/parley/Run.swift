// SPDX-License-Identifier: Apache-2.0
import Doctor
import Glibc
import ParleyServer
import ServerConfig

/// Statuses of the whole program. sysexits(3).
enum ExitStatus {
    static let success: Int32 = 0
    static let usage: Int32 = 64
    /// A port, a folder or a certificate is not what the server needs.
    static let unavailable: Int32 = 69
    static let configuration: Int32 = 78
}

/// Does what the arguments say; returns the program's exit status.
func run(_ arguments: [String]) -> Int32 {
    let layers = ConfigLayers(environment: SystemFiles.environment(), read: SystemFiles.readConfiguration)
    do throws(UsageError) {
        return perform(try Command(arguments, layers: layers))
    } catch {
        printError("parley: \(error)\nparley --help lists the commands, parley help COMMAND their options.\n")
        return ExitStatus.usage
    }
}

private func perform(_ command: Command) -> Int32 {
    do throws(ServerConfigError) {
        switch command {
        case .help(let topic): printOutput(Help.text(topic))
        case .version: printOutput("parley \(ParleyServer.version)\n")
        case .serve(var layers):
            layers.whyUnusable = SystemFiles.whyUnusable
            layers.whyNoLogo = SystemFiles.whyNoLogo
            return serve(try ServerConfig.load(layers).config)
        case .turn(var layers):
            layers.whyUnusable = SystemFiles.whyUnusable
            return relay(try ServerConfig.load(layers).config)
        case .turnCredential(let layers, let request):
            return printTicket(try ServerConfig.load(layers).config, request)
        case .user(let layers, let action): return changeUsers(try ServerConfig.load(layers).config, action)
        case .backup(let layers, let file): return backUp(try ServerConfig.load(layers).config, to: file)
        case .restore(let layers, let file): return restore(try ServerConfig.load(layers).config, from: file)
        case .config(_, .sample): printOutput(Setting.sampleFile)
        case .config(_, .markdown): printOutput(Setting.markdown)
        case .config(let layers, .table): printOutput(Setting.table(of: try ServerConfig.load(layers)))
        case .doctor(let layers, let asJSON):
            let report = Examination.run(layers, credential: relayCredential)
            printOutput(asJSON ? report.json : report.text)
            return report.exitStatus
        case .load(let request): return load(request)
        }
        return ExitStatus.success
    } catch {
        printError(
            "\(error)\nparley: the configuration has problems. parley config --sample explains every setting.\n"
        )
        return ExitStatus.configuration
    }
}

/// What the doctor asks the relay of a running server with; `nil` when it would have to change something for it.
private func relayCredential(_ config: ServerConfig) -> (username: String, password: String)? {
    guard unsafe config.turn.secretsFile != nil || access(config.data.database, R_OK) == 0,
        let ticket = try? DataFolder(config).relayTicket(for: "doctor/parley", lifetime: .seconds(60))
    else { return nil }
    return (ticket.username, ticket.password)
}

func printOutput(_ text: String) { write(text, to: STDOUT_FILENO) }

func printError(_ text: String) { write(text, to: STDERR_FILENO) }

private func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }  // nobody reads any more
        rest = rest.dropFirst(count)
    }
}
