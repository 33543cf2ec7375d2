//! The code that `wit-bindgen` generates from `wit/plugin.wit`. Its types are the SDK's types, re-exported where they
//! belong.
//!
//! The worlds of the WIT package share the exported interface `info`, and bindings for two worlds in one crate would
//! define its export macro twice. Each exported interface therefore has a small world and bindings of its own here,
//! and an export macro combines those that a plugin needs. The resulting component has exactly the imports and
//! exports of its world.

/// The imports, and the exported interface `info`.
pub mod describing {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-describing; world describing {
            import orangery:plugin/http@0.1.0;
            import orangery:plugin/selection@0.1.0;
            import orangery:plugin/log@0.1.0;
            export orangery:plugin/info@0.1.0;
        }",
        path: "wit",
        generate_all,
        additional_derives: [PartialEq, Eq],
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::bindings::describing",
    });
}

/// The exported interface `provider`.
pub mod polling {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-polling; world polling { export orangery:plugin/provider@0.1.0; }",
        path: "wit",
        generate_all,
        additional_derives: [PartialEq, Eq],
        with: { "orangery:plugin/types@0.1.0": crate::bindings::describing::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::bindings::polling",
    });
}

/// The exported interface `renderer`.
pub mod rendering {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-rendering; world rendering { export orangery:plugin/renderer@0.1.0; }",
        path: "wit",
        generate_all,
        additional_derives: [PartialEq, Eq],
        with: { "orangery:plugin/types@0.1.0": crate::bindings::describing::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::bindings::rendering",
    });
}

/// The exported interface `notifier`.
pub mod notifying {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-notifying; world notifying { export orangery:plugin/notifier@0.1.0; }",
        path: "wit",
        generate_all,
        additional_derives: [PartialEq, Eq],
        with: { "orangery:plugin/types@0.1.0": crate::bindings::describing::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::bindings::notifying",
    });
}
