// SPDX-License-Identifier: Apache-2.0
import Glibc
import ParleyServer
import ServerConfig

/// `parley user`; returns the program's exit status.
func changeUsers(_ config: ServerConfig, _ action: UserAction) -> Int32 {
    report { () throws(StartError) in
        let folder = DataFolder(config)
        switch action {
        case .add(let email, let options):
            guard let name = options["--name"] else {
                printError("parley: Give the person's name: --name \"Ana Sousa\"\n")
                return ExitStatus.usage
            }
            let role = options["--role"] ?? "host"
            guard AccountDesk.roles.contains(role) else {
                printError("parley: A role is one of \(AccountDesk.roles.joined(separator: ", ")).\n")
                return ExitStatus.usage
            }
            guard let password = readPassword(for: email) else { return ExitStatus.usage }
            let id = try folder.openAccounts().add(
                email: email, name: name, title: options["--title"] ?? "", role: role,
                zone: options["--zone"] ?? "UTC", password: password)
            printOutput("Added \(email) as \(role), id \(id).\n")
        case .setPassword(let email):
            guard let password = readPassword(for: email) else { return ExitStatus.usage }
            try folder.openAccounts().setPassword(of: email, to: password)
            printOutput("\(email) has a new password and is logged out everywhere.\n")
        case .remove(let email):
            try folder.openAccounts().remove(email)
            printOutput("Removed \(email) and all that belonged to it.\n")
        case .list:
            for entry in try folder.openAccounts().list() {
                let note = entry.isDisabled ? "\tdisabled" : ""
                printOutput("\(entry.id)\t\(entry.role)\t\(entry.email)\t\(entry.name)\(note)\n")
            }
        }
        return ExitStatus.success
    }
}

/// `parley backup`; returns the program's exit status.
func backUp(_ config: ServerConfig, to file: String) -> Int32 {
    report { () throws(StartError) in
        try DataFolder(config).backUp(to: file)
        printOutput("Wrote \(file), and checked it.\n")
        return ExitStatus.success
    }
}

/// `parley restore`; returns the program's exit status.
func restore(_ config: ServerConfig, from file: String) -> Int32 {
    report { () throws(StartError) in
        let old = try DataFolder(config).restore(from: file)
        printOutput("Restored \(file).\n")
        if let old { printOutput("The database that was there is now \(old).\n") }
        return ExitStatus.success
    }
}

private func report(_ body: () throws(StartError) -> Int32) -> Int32 {
    do throws(StartError) {
        return try body()
    } catch {
        printError("parley: \(error)\n")
        return ExitStatus.unavailable
    }
}

// MARK: Passwords

/// Asks for a password, twice and without showing it; or reads the first line of standard input where that is no
/// terminal. `nil` when there is none, or two different ones, which the person is told.
private func readPassword(for email: String) -> String? {
    guard isatty(STDIN_FILENO) == 1 else {
        guard let line = readLine(), !line.isEmpty else {
            printError("parley: The password is expected on standard input.\n")
            return nil
        }
        return line
    }
    guard let first = askQuietly("New password for \(email): "),
        let second = askQuietly("The same again: ")
    else { return nil }
    guard first == second else {
        printError("parley: The two are not the same.\n")
        return nil
    }
    return first
}

/// `nil` when the person would rather not say, with Ctrl-C or Ctrl-D.
private func askQuietly(_ question: String) -> String? {
    // Ctrl-C ends the question and not the program, which has to let the terminal show what is typed again.
    var former = sigaction()
    var interrupted = sigaction()
    unsafe interrupted.__sigaction_handler.sa_handler = { _ in }
    unsafe sigaction(SIGINT, &interrupted, &former)
    defer { unsafe sigaction(SIGINT, &former, nil) }
    var shown = termios()
    let isTerminal = unsafe tcgetattr(STDIN_FILENO, &shown) == 0
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    if isTerminal { _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) }
    // Not before the terminal is quiet: what is typed earlier would be lost.
    printError(question)
    defer {
        if isTerminal { _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
        printError("\n")
    }
    // `readLine()` would go on after Ctrl-C. A terminal gives a whole line at a time.
    var line = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(STDIN_FILENO, &line, line.count)
    guard count > 0 else { return nil }
    return String(decoding: line.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
