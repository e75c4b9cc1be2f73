//! ARNs that stand for a bucket: access points, of S3, of its object lambda and of outposts.

use crate::endpoint::is_host_label;
use crate::error::{Error, Result, Status};

/// An access point, each part checked to be a host label.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AccessPoint<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    account: &'a str,
    name: &'a str,
    outpost: Option<&'a str>,
    /// What stands for the service in the host's name.
    pub(super) host_service: &'static str,
    pub(super) signing_name: &'static str,
}

impl<'a> AccessPoint<'a> {
    pub(super) fn parse(arn: &'a str) -> Result<AccessPoint<'a>> {
        let invalid = |why: &str| {
            let shown: String = arn.chars().take(128).collect();
            Error::new(
                Status::InvalidArgument,
                "InvalidARNError",
                format!("invalid Amazon s3 ARN, {why}, {shown:?}"),
            )
        };
        let mut sections = arn.splitn(6, ':');
        let mut next = || {
            sections
                .next()
                .ok_or_else(|| invalid("not enough sections"))
        };
        let (_, partition, service, region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?);
        if region.is_empty() {
            return Err(invalid(
                "an access point for many regions needs SigV4A, which this build can't do",
            ));
        }
        let parts: Vec<&str> = resource.split(['/', ':']).collect();
        let (outpost, name, host_service, signing_name) = match (service, parts.as_slice()) {
            ("s3", ["accesspoint", name]) => (None, *name, "s3-accesspoint", "s3"),
            ("s3-object-lambda", ["accesspoint", name]) => {
                (None, *name, "s3-object-lambda", "s3-object-lambda")
            }
            ("s3-outposts", ["outpost", outpost, "accesspoint", name]) => {
                (Some(*outpost), *name, "s3-outposts", "s3-outposts")
            }
            _ => return Err(invalid("it is no access point")),
        };
        let labels = [
            ("region", region),
            ("account", account),
            ("name", name),
            ("outpost", outpost.unwrap_or("op")),
        ];
        match labels.iter().find(|(_, label)| !is_host_label(label)) {
            Some((what, _)) => Err(invalid(&format!("its {what} is no host label"))),
            None => Ok(AccessPoint {
                partition,
                region,
                account,
                name,
                outpost,
                host_service,
                signing_name,
            }),
        }
    }

    /// What comes first in the host's name.
    pub(super) fn host_prefix(&self) -> String {
        match self.outpost {
            Some(outpost) => format!("{}-{}.{outpost}", self.name, self.account),
            None => format!("{}-{}", self.name, self.account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_access_points_and_nothing_else() {
        let point =
            AccessPoint::parse("arn:aws:s3:us-west-2:123456789012:accesspoint/mine").unwrap();
        assert_eq!(
            (point.host_prefix().as_str(), point.region),
            ("mine-123456789012", "us-west-2")
        );
        let outpost = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/mine";
        assert_eq!(
            AccessPoint::parse(outpost).unwrap().host_prefix(),
            "mine-123456789012.op-1"
        );
        for bad in [
            "arn:aws:s3",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:us-west-2:1:accesspoint/a.evil",
            "arn:aws:s3:us-west-2/x:1:accesspoint/a",
            "arn:aws:sqs:us-west-2:1:accesspoint/a",
        ] {
            assert_eq!(
                AccessPoint::parse(bad).unwrap_err().code(),
                "InvalidARNError",
                "{bad}"
            );
        }
    }
}
