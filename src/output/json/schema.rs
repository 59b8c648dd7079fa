//! The JSON Schema of each output, made from its types.

use super::{Answer, Bisect, Explanation, Groups, Known, Neighbours, Report};
use schemars::generate::SchemaSettings;

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// `ksplat.report/1`.
    Report,
    /// `ksplat.groups/1`.
    Groups,
    /// A line of a known file.
    Known,
    /// `ksplat.explanation/1`.
    Explanation,
    /// `ksplat.near/1`.
    Near,
    /// `ksplat.bisect/1`.
    Bisect,
    /// A line of what `sig --stream` answers.
    Answer,
}

/// The JSON Schema, draft 2020-12, of what this version writes.
#[must_use]
pub fn schema(output: Output) -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    match output {
        Output::Report => generator.into_root_schema_for::<Report>(),
        Output::Groups => generator.into_root_schema_for::<Groups>(),
        Output::Known => generator.into_root_schema_for::<Known>(),
        Output::Explanation => generator.into_root_schema_for::<Explanation>(),
        Output::Near => generator.into_root_schema_for::<Neighbours>(),
        Output::Bisect => generator.into_root_schema_for::<Bisect>(),
        Output::Answer => generator.into_root_schema_for::<Answer<'_>>(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_written_member_is_in_the_schema_and_required() {
        for (output, value) in [
            (Output::Report, serde_json::to_value(Report::default()).unwrap()),
            (Output::Groups, serde_json::to_value(Groups::default()).unwrap()),
            (Output::Known, serde_json::to_value(Known::default()).unwrap()),
            (Output::Explanation, serde_json::to_value(Explanation::default()).unwrap()),
            (Output::Near, serde_json::to_value(Neighbours::default()).unwrap()),
            (Output::Bisect, serde_json::to_value(Bisect::default()).unwrap()),
            (Output::Answer, serde_json::to_value(Answer::default()).unwrap()),
        ] {
            let schema = schema(output);
            let required: Vec<&str> =
                schema["required"].as_array().unwrap().iter().filter_map(|v| v.as_str()).collect();
            for name in value.as_object().unwrap().keys() {
                assert!(schema["properties"].get(name).is_some(), "{name}");
                assert!(required.contains(&name.as_str()), "{name}");
            }
        }
    }
}
