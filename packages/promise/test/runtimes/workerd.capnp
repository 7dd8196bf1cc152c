using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "reads", worker = .reads),
    (name = "example", worker = .example),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [
    (name = "reads", address = "127.0.0.1:0", http = (), service = "reads"),
    (name = "example", address = "127.0.0.1:0", http = (), service = "example"),
  ],
);

# The oldest date that the README names. Without the flag nodejs_compat there are no modules of Node.
const date :Text = "2025-05-05";

const reads :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ".bundle/worker.js")],
  compatibilityDate = .date,
  bindings = [(name = "READER", durableObjectNamespace = "Reader")],
  durableObjectNamespaces = [(className = "Reader", uniqueKey = "reader")],
  durableObjectStorage = (inMemory = void),
);

const example :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ".bundle/example.js")],
  compatibilityDate = .date,
  bindings = [
    (name = "FEISHU_APP_ID", fromEnvironment = "FEISHU_APP_ID"),
    (name = "FEISHU_APP_SECRET", fromEnvironment = "FEISHU_APP_SECRET"),
    (name = "FEISHU_BASE_URL", fromEnvironment = "FEISHU_BASE_URL"),
  ],
);
