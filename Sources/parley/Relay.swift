// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import ParleyServer
import ServerConfig
import Telemetry

/// `parley turn`: runs the relay until it is told to stop; returns the program's exit status.
func relay(_ config: ServerConfig) -> Int32 {
    let endings = Endings()
    let log = Log(config)
    let relay: StandaloneRelay
    do throws(StartError) {
        relay = try StandaloneRelay(config, log: log)
    } catch {
        log.error("not started", [("why", .text(error.description))])
        return ExitStatus.unavailable
    }
    printOutput(welcome(relay))
    log.info("relaying", fields(relay.places))

    log.info("draining", [("signal", .number(Int64(endings.wait())))])
    drain(relay, endings)
    let left = relay.allocationCount
    relay.stop()
    log.info("stopped", [("allocations", .number(Int64(left)))])
    return ExitStatus.success
}

/// Where STUN and TURN are served, and which relayed addresses others are told.
func fields(_ places: RelayPlaces) -> [(String, LogValue)] {
    [
        ("at", .text(places.addresses.joined(separator: " "))), ("transports", .text(places.transports)),
        ("told", .text(places.told.joined(separator: " "))),
    ]
}

/// Returns when nobody is served any more, the time is over, or another signal comes.
private func drain(_ relay: StandaloneRelay, _ endings: Endings) {
    let done = DispatchSemaphore(value: 0)
    Task {
        await relay.drain()
        done.signal()
    }
    DispatchQueue.global().async {
        _ = endings.wait()
        done.signal()
    }
    done.wait()
}

/// `parley turn credential`; returns the program's exit status.
func printTicket(_ config: ServerConfig, _ request: TicketRequest) -> Int32 {
    do throws(StartError) {
        let ticket = try DataFolder(config).relayTicket(for: request.name, lifetime: request.lifetime)
        printOutput(request.asJSON ? ticket.json + "\n" : table(ticket))
        return ExitStatus.success
    } catch {
        printError("parley: \(error)\n")
        return ExitStatus.unavailable
    }
}

private func table(_ ticket: RelayTicket) -> String {
    var time = time_t(ticket.expires)
    var parts = unsafe tm()
    unsafe gmtime_r(&time, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let clock = unsafe "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    let urls = ticket.urls.enumerated().map { "\($0.offset == 0 ? "urls      " : "          ")\($0.element)" }
    return """
        username  \(ticket.username)
        password  \(ticket.password)
        expires   \(date)T\(clock)
        \(urls.joined(separator: "\n"))

        """
}

private func welcome(_ relay: StandaloneRelay) -> String {
    let (turn, places) = (relay.config.turn, relay.places)
    var lines = ["", "Parley \(ParleyServer.version) is relaying.", ""]
    for address in places.addresses { lines.append("  \(address)  \(places.transports)") }
    lines += [
        "", "  Others told   \(places.told.joined(separator: ", "))",
        "  Realm         \(turn.realm.text)", "  Relay ports   \(turn.relayPorts.settingText)",
        "  Credentials   \(turn.secretsFile == nil ? "" : "time-limited (parley turn credential)")"
            + (turn.secretsFile != nil && turn.usersFile != nil ? ", " : "")
            + (turn.usersFile == nil ? "" : "users of \(turn.usersFile ?? "")"),
        "", "  Stop with Ctrl-C: nobody new is taken, and who is served has \(turn.drain.settingText).", "",
    ]
    return lines.joined(separator: "\n")
}
