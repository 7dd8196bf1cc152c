using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ".bundle/worker.js")],
  # The oldest that the README names. Without the flag nodejs_compat there are no modules of Node.
  compatibilityDate = "2025-05-05",
  bindings = [(name = "READER", durableObjectNamespace = "Reader")],
  durableObjectNamespaces = [(className = "Reader", uniqueKey = "reader")],
  durableObjectStorage = (inMemory = void),
);
