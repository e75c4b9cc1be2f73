//! The life of a request: through the lists in Go's order, to a reply or an error.

use super::{Request, Response, Stand, log};
use crate::error::{Error, Result, Status};
use crate::handlers::Stage;
use crate::text::Text;

impl Request {
    /// Sends the request and gives the reply, its body not read yet where the operation has one for the caller.
    pub fn send(&mut self) -> Result<Response> {
        self.start()?;
        let result = self.attempts();
        self.signed_with = None;
        self.stand = Stand::Sent;
        // Whatever COMPLETE leaves as an error is its own business, as in Go.
        self.run(Stage::Complete);
        self.running = false;
        result?;
        self.response.take().ok_or_else(missing_response)
    }

    /// A URL with which anyone can make this request for `seconds`. The request stays as it was.
    pub fn presign(&mut self, seconds: u32) -> Result<Text> {
        self.start()?;
        let before = (
            self.method.clone(),
            self.url.clone(),
            self.headers.clone(),
            self.signing_name.clone(),
            self.signing_region.clone(),
            self.stand,
            self.error.clone(),
        );
        self.presign_seconds = Some(seconds);
        let result = self.build().and_then(|()| self.sign());
        (self.presign_seconds, self.signed_with, self.signed_at) = (None, None, None);
        (
            self.method,
            self.url,
            self.headers,
            self.signing_name,
            self.signing_region,
            self.stand,
            self.error,
        ) = before;
        self.running = false;
        let url = self.presigned_url.take();
        result?;
        url.ok_or_else(|| {
            Error::new(
                Status::Handler,
                "MissingSignature",
                "no handler of SIGN has signed the request",
            )
        })
    }

    fn start(&mut self) -> Result<()> {
        let wrong = |message| Err(Error::new(Status::InvalidState, "InvalidState", message));
        if self.running {
            return wrong(
                "the request is being sent or presigned; a handler must not do that again",
            );
        }
        if self.stand == Stand::Sent {
            return wrong("the request was sent already; make a new one");
        }
        self.running = true;
        Ok(())
    }

    /// Keeps the URL that a signer made.
    pub fn set_presigned_url(&mut self, url: Text) {
        self.presigned_url = Some(url);
    }

    /// Takes a reply over, as a handler of SEND does.
    pub fn set_response(&mut self, response: Response) {
        self.response = Some(response);
    }

    fn attempts(&mut self) -> Result<()> {
        if let Some(error) = self.error.clone() {
            return Err(error);
        }
        self.check_cancel()?;
        self.build()?;
        loop {
            self.error = None;
            self.attempted_at = self.client.configuration().now();
            self.sign()?;
            self.attempt();
            if self.error.is_none() {
                self.client.retries().release(self.retry_cost);
                return Ok(());
            }
            self.run(Stage::Retry);
            self.run(Stage::AfterRetry);
            // AFTER_RETRY takes the error away where another attempt is to be made.
            if let Some(error) = self.error.clone() {
                return Err(error);
            }
        }
    }

    fn build(&mut self) -> Result<()> {
        if self.stand != Stand::New {
            return Ok(());
        }
        self.run(Stage::Validate);
        self.fail_on_error("Validate Request")?;
        self.run(Stage::Build);
        self.fail_on_error("Build Request")?;
        self.stand = Stand::Built;
        Ok(())
    }

    fn sign(&mut self) -> Result<()> {
        self.run(Stage::Sign);
        self.fail_on_error("Sign Request")
    }

    /// One attempt, from SEND to COMPLETE_ATTEMPT.
    fn attempt(&mut self) {
        self.retryable = None;
        self.response = None;
        self.run(Stage::Send);
        if self.error.is_none() && self.response.is_none() {
            self.error = Some(missing_response());
        }
        // Here alone a handler's error is not retried, whatever its code, unless the handler says so.
        self.error = self.error.take().map(|error| match error.status() {
            Status::Handler => error.with_retryable(false),
            _ => error,
        });
        if self.fail_on_error("Send Request").is_ok() {
            self.run(Stage::UnmarshalMeta);
            self.run(Stage::ValidateResponse);
            let (stage, told) = match self.error {
                Some(_) => (Stage::UnmarshalError, "Validate Response"),
                None => (Stage::Unmarshal, "Unmarshal Response"),
            };
            self.run(stage);
            log::response_body(self);
            let _ = self.fail_on_error(told);
        }
        self.run(Stage::CompleteAttempt);
    }

    /// The error there is, which the logger is told.
    fn fail_on_error(&self, stage: &str) -> Result<()> {
        match &self.error {
            None => Ok(()),
            Some(error) => {
                log::failure(self, stage, error);
                Err(error.clone())
            }
        }
    }
}

fn missing_response() -> Error {
    Error::new(
        Status::Handler,
        "MissingResponse",
        "no handler of SEND has sent the request",
    )
}
