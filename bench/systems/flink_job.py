"""Runs in PyFlink's environment: the statements of a file, the last one to its end."""

import json
import sys

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment


def main(file: str) -> None:
    with open(file) as text:
        work = json.load(text)
    configuration = Configuration()
    for key, value in work["settings"].items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode()
    environment = TableEnvironment.create(settings.with_configuration(configuration).build())
    *first, last = work["statements"]
    for statement in first:
        environment.execute_sql(statement)
    environment.execute_sql(last).wait()


if __name__ == "__main__":
    main(sys.argv[1])
