//! The host's bindings of `wit/plugin.wit`, one module for each interface.
//!
//! A plugin's world is not bound as a whole: each exported interface is looked up on its own, so adding an interface
//! means adding a module here and changing none. A mismatch of types between versions shows only when an instance is
//! bound, which is why admission instantiates once.

/// The imports: the interfaces that the host provides.
#[expect(unreachable_pub, reason = "the other bindings re-export its types; the module around it is private")]
pub mod imports {
    wasmtime::component::bindgen!({
        inline: "
            package orangery:host;
            world imports {
                import orangery:plugin/types@0.1.0;
                import orangery:plugin/http@0.1.0;
                import orangery:plugin/selection@0.1.0;
                import orangery:plugin/log@0.1.0;
            }",
        path: "../../wit",
        imports: { "orangery:plugin/http.send": async },
        require_store_data_send: true,
    });
}

pub(crate) use imports::orangery::plugin::{http, log, selection, types};

/// The interface `info`, exported by every plugin.
pub(crate) mod info {
    wasmtime::component::bindgen!({
        inline: "package orangery:host; world describes { export orangery:plugin/info@0.1.0; }",
        path: "../../wit",
        exports: { default: async },
        with: { "orangery:plugin/types": crate::bindings::imports::orangery::plugin::types },
        require_store_data_send: true,
    });
}

/// The interface `provider`, exported by input providers.
pub(crate) mod provider {
    wasmtime::component::bindgen!({
        inline: "package orangery:host; world provides { export orangery:plugin/provider@0.1.0; }",
        path: "../../wit",
        exports: { default: async },
        with: { "orangery:plugin/types": crate::bindings::imports::orangery::plugin::types },
        require_store_data_send: true,
    });
}

/// The interface `renderer`, exported by renderers.
pub(crate) mod renderer {
    wasmtime::component::bindgen!({
        inline: "package orangery:host; world renders { export orangery:plugin/renderer@0.1.0; }",
        path: "../../wit",
        exports: { default: async },
        with: { "orangery:plugin/types": crate::bindings::imports::orangery::plugin::types },
        require_store_data_send: true,
    });
}

/// The interface `notifier`, exported by notifiers.
pub(crate) mod notifier {
    wasmtime::component::bindgen!({
        inline: "package orangery:host; world notifies-host { export orangery:plugin/notifier@0.1.0; }",
        path: "../../wit",
        exports: { default: async },
        with: { "orangery:plugin/types": crate::bindings::imports::orangery::plugin::types },
        require_store_data_send: true,
    });
}

/// The interface `evaluate`, exported by the built-in evaluator only.
pub(crate) mod evaluator {
    wasmtime::component::bindgen!({
        world: "evaluator",
        path: "../../wit/evaluator",
        exports: { default: async },
        require_store_data_send: true,
    });
}
