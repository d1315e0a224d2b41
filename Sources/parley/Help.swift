// SPDX-License-Identifier: Apache-2.0
import ServerConfig

/// Texts for `parley help`.
enum Help {
    static func text(_ topic: Command.Topic?) -> String {
        switch topic {
        case nil, .help: general
        case .serve: serve
        case .config: config
        case .doctor: doctor
        case .version: "Usage: parley version\n\nPrints the version of this program.\n"
        }
    }

    static let general = """
        Parley is a meeting server: video calls in the browser, in one program.

        Usage: parley COMMAND [OPTIONS]

        Commands:
          serve      Run the server
          config     Show the settings in effect and where they come from
          doctor     Check this machine and the settings, and say how to repair what is wrong
          version    Print the version
          help       Explain a command: parley help COMMAND

        To begin: parley serve

        """

    private static let serve = """
        Usage: parley serve [OPTIONS]

        Runs the server until it is stopped with Ctrl+C or SIGTERM. Nothing has to be set: without options it makes
        its own certificate, keeps its data in ./data and prints the addresses to open.

        Options:
        \(Setting.options)

        """

    private static let config = """
        Usage: parley config [OPTIONS]

        Prints every setting, its value in effect and where that comes from. Exits with status 78 and a list of all
        problems when the configuration is wrong.

        Options:
          --sample                Print a configuration file to start from
          --markdown              Print docs/configuration.md
        \(Setting.options)

        """

    private static let doctor = """
        Usage: parley doctor [OPTIONS]

        Checks what parley serve would need: port, certificate, clock, limits, disk, data folder. Changes nothing.
        Exits with status 0 when all is well, 1 with warnings, 2 with failures.

        Options:
          --json                  Print one JSON object, for monitoring
        \(Setting.options)

        """
}
