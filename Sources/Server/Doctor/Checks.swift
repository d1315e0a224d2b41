// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Glibc
internal import ServerConfig
internal import SystemCalls
internal import TLS

/// The checks: from the settings and the facts to the findings, and nothing else.
struct Checks {
    let config: ServerConfig
    let facts: MachineFacts

    var findings: [Finding] {
        [port, addresses, dialects, certificate, clock, openFiles, folder, disk, database]
            + [metrics].compactMap(\.self) + network
    }

    private var port: Finding {
        let listen = config.http.listen
        let place = listen.settingText
        let why = "The server cannot start."
        switch facts.port {
        case .free: return .ok(.port, "\(place) is free")
        case .parley: return .ok(.port, "\(place) is in use by a Parley that answers")
        case .taken:
            return .failure(
                .port, "\(place) is in use by another program", why: why,
                fix:
                    "Find it with: ss -ltnp 'sport = :\(listen.port)' and stop it, or choose a port with --listen."
            )
        case .unknownHost:
            return .failure(
                .port, "the name \(listen.host) is not known", why: why,
                fix: "Give http.listen an address of this machine, e.g. 0.0.0.0:\(listen.port).")
        case .refused(EACCES):
            return .failure(
                .port, "\(place) is for the system's own programs", why: why,
                fix: """
                    Use a port of 1024 or more, or allow it with: \
                    sudo setcap cap_net_bind_service=+ep "$(command -v parley)"
                    """)
        case .refused(EADDRNOTAVAIL):
            return .failure(
                .port, "\(listen.host) is not an address of this machine", why: why,
                fix: "Choose one that \"ip address\" shows, or 0.0.0.0 for all of them.")
        case .refused(let code):
            return .failure(
                .port, "\(place) cannot be listened on: \(SystemCallError.text(of: code))", why: why,
                fix: "Choose another address and port with --listen.")
        }
    }

    private var dialects: Finding {
        let ports = facts.dialectPorts.sorted { $0.key < $1.key }
        guard !ports.isEmpty else { return .ok(.dialects, "none has a port of its own") }
        let blocked = ports.filter { _, state in
            // A Parley that runs on the main port is the one that has them.
            state != .free && !(facts.port == .parley && state == .taken) && state != .parley
        }
        let list = { (ports: [(key: UInt16, value: MachineFacts.Port)]) in
            ports.map { String($0.key) }.joined(separator: ", ")
        }
        guard !blocked.isEmpty else { return .ok(.dialects, "ports \(list(ports)) can be used") }
        return .failure(
            .dialects, "ports \(list(blocked)) cannot be used", why: "The server cannot start.",
            fix: """
                Find who has them with: ss -ltnp; or choose others, as in --dialects bunch:4000, or none, as in \
                --dialects bunch:none.
                """)
    }

    private var addresses: Finding {
        let found = facts.names.addresses
        if config.http.listen.isLoopback { return .ok(.addresses, "this machine only, as configured") }
        guard found.isEmpty else { return .ok(.addresses, found.joined(separator: ", ")) }
        return .warning(
            .addresses, "this machine has no address in a network",
            why: "Only browsers on this machine can reach the server.",
            fix: "Connect a network; \"ip address\" shows what there is. Parley notices by itself.")
    }

    private var clock: Finding {
        let date = CalendarDate(facts.now)
        guard date.year >= CalendarDate.releaseYear else {
            return .failure(
                .clock, "the clock says \(date)",
                why: "Parley is younger than that: certificates and tokens will be refused.",
                fix: "Set the clock with: sudo timedatectl set-ntp true")
        }
        guard facts.isClockSynchronized == false else { return .ok(.clock, "\(date), kept by the system") }
        return .warning(
            .clock, "\(date), and nothing keeps the clock right",
            why: "When it is off by an hour, browsers may refuse new certificates.",
            fix: "Turn time synchronisation on with: sudo timedatectl set-ntp true")
    }

    private var openFiles: Finding {
        let limit = facts.openFiles
        guard limit < 4096 else {
            return .ok(.files, limit == .max ? "no limit" : "up to \(limit) files and connections")
        }
        return .warning(
            .files, "no more than \(limit) files and connections",
            why: "Each browser tab takes one or two: with many people, newcomers are turned away.",
            fix: "Put LimitNOFILE=65536 in the service's unit, or run: ulimit -n 65536")
    }

    private var metrics: Finding? {
        guard let path = config.metrics.tokenFile, let file = facts.metricsToken else { return nil }
        let fix = "Make one with: (umask 077; openssl rand -hex 24 > \(path))"
        switch file {
        case .present(let head) where head.first.map({ $0 > 0x20 }) == true:
            return .ok(.metrics, "the token in \(path) is required")
        case .present:
            return .failure(
                .metrics, "\(path) has no token in its first line", why: "Nobody can read /metrics.", fix: fix
            )
        case .open: return nil
        case .missing:
            return .failure(.metrics, "there is no file \(path)", why: "Nobody can read /metrics.", fix: fix)
        case .unreadable(let code):
            return .failure(
                .metrics, "\(path) cannot be read: \(SystemCallError.text(of: code))",
                why: "Nobody can read /metrics.",
                fix: "Let Parley's user read it: sudo chown parley \(path)")
        }
    }
}

// MARK: Data

extension Checks {
    private var folder: Finding {
        let path = config.data.folder
        let why = "Without it there is no place for chat and certificates, and the server does not start."
        switch facts.folder {
        case .present(false, _, _):
            return .failure(
                .folder, "\(path) cannot be written to", why: why,
                fix: "Give it to the user that runs Parley: sudo chown -R \"$(id -un)\" \(path)")
        case .present(true, let owner, let user) where owner != user:
            return .warning(
                .folder, "\(path) belongs to user \(owner), and you are user \(user)",
                why: "Files that you make there may be closed to the user that runs the server.",
                fix: "Run Parley and its doctor as the folder's owner.")
        case .present: return .ok(.folder, "\(path) can be written to")
        case .missing(_, true): return .ok(.folder, "\(path) will be made at the first start")
        case .missing(let parent, false):
            return .failure(
                .folder, "\(path) is missing and cannot be made in \(parent)", why: why,
                fix: """
                    Choose another folder with --data, or make this one: \
                    sudo install -d -m 700 -o "$(id -un)" \(path)
                    """)
        case .notFolder:
            return .failure(
                .folder, "\(path) is not a folder", why: why,
                fix: "Move that file away, or choose another folder with --data.")
        case .unreadable(let code):
            return .failure(
                .folder, "\(path) cannot be looked at: \(SystemCallError.text(of: code))", why: why,
                fix: "Choose a folder that you may enter with --data.")
        }
    }

    /// When what is missing in the data folder will be made. Why there is no folder is told by its own check.
    var whenFolderIsUsed: String {
        folder.level == .failure ? "once there is a data folder to write to" : "at the first start"
    }

    private var disk: Finding {
        guard let free = facts.freeBytes else { return .ok(.disk, "free space is not known") }
        let mebibytes = free >> 20
        let what = mebibytes < 10_240 ? "\(mebibytes) MiB free" : "\(mebibytes >> 10) GiB free"
        let fix =
            "Free some space, or choose a folder on another disk with --data; see: df -h \(config.data.folder)"
        if mebibytes < 100 {
            return .failure(.disk, what, why: "Chat messages are refused when the disk is full.", fix: fix)
        }
        guard mebibytes < 1024 else { return .ok(.disk, what) }
        return .warning(.disk, what, why: "Chat messages are refused once the disk is full.", fix: fix)
    }

    private var database: Finding {
        let path = config.data.database
        let fix = """
            Put it back from a backup, or move it away (mv \(path) \(path).broken) and begin with an empty one: \
            meetings and chat in it are lost.
            """
        switch facts.database {
        case .missing: return .ok(.database, "will be made \(whenFolderIsUsed)")
        case .open: return .ok(.database, "\(path) is in use by this server")
        case .unreadable(let code):
            return .failure(
                .database, "\(path) cannot be read: \(SystemCallError.text(of: code))",
                why: "The server does not start.",
                fix: "Give it to the user that runs Parley: sudo chown \"$(id -un)\" \(path)*")
        case .present(let head) where head.isEmpty:
            return .ok(.database, "\(path) is still empty")
        case .present(let head) where !head.starts(with: Array("SQLite format 3\u{0}".utf8)):
            return .failure(
                .database, "\(path) is not an SQLite database", why: "The server does not start.", fix: fix)
        // Bytes 68 to 71 tell whose database it is; 0 until the tables are made.
        case .present(let head)
        where head.count >= 72 && ![Array("PRLY".utf8), [0, 0, 0, 0]].contains(Array(head[68..<72])):
            return .failure(
                .database, "\(path) is the database of another program", why: "The server does not start.",
                fix: "Choose another data folder with --data.")
        case .present: return .ok(.database, "\(path) looks right")
        }
    }
}
